import { Option, type Command } from 'commander';
import { FailedError } from '../../domain/errors.ts';
import { isJson } from './command.ts';
import { withInventory } from './open.ts';
import { printMessage, printResult, renderCsv } from './output.ts';
import { parseNotedLink, parsePersonId, type NotedLink } from './parse.ts';
import { cellsOf, chooseFormat, type Columns } from './rows.ts';
import type { Shell } from './shell.ts';
import type { EvidenceRow } from '../../inventory/port/rows.ts';

const exportFormats = ['jsonl', 'csv'] as const;
const pageSize = 1_000;

export function addAudit(program: Command, shell: Shell, setExitCode: (code: number) => void): void {
  const audit = program.command('audit').description('the evidence: who did what to whom, when and why');
  audit
    .command('verify')
    .description('walk the whole chain: was a link altered, removed or moved?')
    .option(
      '--noted <seq:hash>',
      'a link that was noted elsewhere, as an earlier `audit verify --json` or export gave it: it must stand there still',
      parseNotedLink,
    )
    .addHelpText(
      'after',
      '\nExample: npx muster audit verify\n' +
        'The chain ends where the inventory says. Whoever writes the file may cut off its end and put that right too:\n' +
        'only a link that was noted elsewhere (`head`, or the last line of an export) shows it.',
    )
    .action(async ({ noted }: { noted?: NotedLink }, command: Command) => {
      const check = await withInventory(shell, (inventory) => inventory.verifyEvidence(noted));
      printResult(shell, isJson(command), check, () =>
        check.ok ? `The chain holds: ${check.count} links.` : `The chain is broken at link ${check.seq}: ${check.why}.`,
      );
      if (!check.ok) setExitCode(1);
    });
  audit
    .command('export')
    .description('all links, oldest first, one JSON object a line; with --json one array')
    .option('--person <id>', 'about this person only', parsePersonId)
    .addOption(new Option('--format <format>', 'how links are printed (jsonl)').choices(exportFormats))
    .addHelpText(
      'after',
      '\nExample: npx muster audit export > evidence.jsonl\nExample: npx muster audit export --person e-1042 --format csv > evidence.csv',
    )
    .action(async (options: { person?: string; format?: (typeof exportFormats)[number] }, command: Command) => {
      const format = chooseFormat(options.format, command, 'jsonl');
      const count = await exportLinks(shell, writers[format](shell), options.person);
      if (count === 0 && options.person !== undefined) {
        throw new FailedError(`There is no evidence about person ${options.person}`);
      }
      printMessage(shell, `${count} links`);
    });
}

/** The chain may be long: a page is printed before the next is read. */
async function exportLinks(shell: Shell, writer: Writer, personId: string | undefined): Promise<number> {
  return withInventory(shell, async (inventory) => {
    let offset = 0;
    writer.begin();
    for (;;) {
      const filter = personId === undefined ? {} : { personId };
      const page = await inventory.listEvidence({ ...filter, limit: pageSize, offset });
      if (page.length > 0) writer.write(page, offset === 0);
      offset += page.length;
      if (page.length < pageSize) break;
    }
    writer.end();
    return offset;
  });
}

interface Writer {
  readonly begin: () => void;
  readonly write: (page: readonly EvidenceRow[], isFirst: boolean) => void;
  readonly end: () => void;
}

const nothing = (): void => undefined;

const writers = {
  jsonl: ({ writeOut }: Shell): Writer => ({
    begin: nothing,
    write: (page) => writeOut(page.map((row) => `${JSON.stringify(row)}\n`).join('')),
    end: nothing,
  }),
  json: ({ writeOut }: Shell): Writer => ({
    begin: () => writeOut('['),
    write: (page, isFirst) =>
      writeOut(`${isFirst ? '\n' : ',\n'}${page.map((row) => JSON.stringify(row)).join(',\n')}`),
    end: () => writeOut('\n]\n'),
  }),
  csv: ({ writeOut }: Shell): Writer => ({
    begin: () => writeOut(`${renderCsv(Object.keys(columns), [])}\r\n`),
    write: (page) => writeOut(`${renderCsv(undefined, cellsOf(page, columns))}\r\n`),
    end: nothing,
  }),
} as const;

const json = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value));

const columns: Columns<EvidenceRow> = {
  seq: (row) => row.seq,
  at: (row) => row.at,
  person: (row) => row.personId,
  actor: (row) => row.actor,
  proof: (row) => row.proof,
  token: (row) => row.tokenId,
  action: (row) => row.action,
  reason: (row) => row.reason,
  policy: (row) => row.policyHash,
  before: (row) => json(row.before),
  after: (row) => json(row.after),
  event: (row) => row.eventId,
  step: (row) => row.step,
  hash: (row) => row.hash,
};
