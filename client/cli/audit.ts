import { Option, type Command } from 'commander';
import { FailedError } from '../../domain/errors.ts';
import { withInventory } from './open.ts';
import { printMessage, renderCsv, toJson } from './output.ts';
import { addKey, addVerify } from './auditVerify.ts';
import { parseCount, parsePersonId } from './parse.ts';
import { addListOptions, cellsOf, chooseFormat, printList, type Columns, type List } from './rows.ts';
import type { Shell } from './shell.ts';
import { actorOf, whatWasDone, whyDone } from './why.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { ApprovalRow } from '../../inventory/port/approvals.ts';
import type { EvidenceRow } from '../../inventory/port/evidence.ts';

const exportFormats = ['jsonl', 'csv'] as const;
const pageSize = 1_000;

export function addAudit(audit: Command, shell: Shell, setExitCode: (code: number) => void): void {
  addList(audit, shell);
  addVerify(audit, shell, setExitCode);
  addKey(audit, shell);
  addExport(audit, shell);
}

interface ListOptions {
  readonly person?: string;
  readonly limit: number;
}

function addList(audit: Command, shell: Shell): void {
  addListOptions(audit.command('list'))
    .description(
      'the newest links in words: what was done, under which rule or approval, who approved it and by which proof',
    )
    .option('--person <id>', 'about this person only', parsePersonId)
    .option('--limit <n>', 'at most so many', parseCount, 100)
    .addHelpText('after', '\nExample: npx muster audit list --person e-1042')
    .action(async ({ person, limit }: ListOptions, command: Command) => {
      const { rows, approvals } = await withInventory(shell, async (inventory) => {
        const rows = await newestLinks(inventory, person, limit);
        return { rows, approvals: await approvalsOf(inventory, rows) };
      });
      printList(shell, command, rows, evidenceList(approvals));
    });
}

/** The chain is read by pages from its beginning; only its end is kept. */
async function newestLinks(inventory: Inventory, personId: string | undefined, limit: number) {
  let newest: readonly EvidenceRow[] = [];
  for (let offset = 0; ; offset += pageSize) {
    const page = await inventory.listEvidence({ personId, limit: pageSize, offset });
    newest = [...newest, ...page].slice(-limit);
    if (page.length < pageSize) return newest;
  }
}

async function approvalsOf(inventory: Inventory, rows: readonly EvidenceRow[]): Promise<readonly ApprovalRow[]> {
  const people = [...new Set(rows.map(({ personId }) => personId))];
  const found: ApprovalRow[] = [];
  for (const personId of people) found.push(...(await inventory.listApprovals({ personId })));
  return found;
}

const evidenceList = (approvals: readonly ApprovalRow[]): List<EvidenceRow> => ({
  columns: {
    at: (row) => row.at,
    person: (row) => row.personId,
    what: whatWasDone,
    why: (row) => whyDone(row, { approvals }).why,
    approvedBy: (row) => whyDone(row, { approvals }).by,
    actor: actorOf,
    event: (row) => row.eventId,
    seq: (row) => row.seq,
    hash: (row) => row.hash,
  },
  shown: ['at', 'person', 'what', 'why', 'approvedBy'],
  none: 'There is no such evidence.',
});

function addExport(audit: Command, shell: Shell): void {
  audit
    .command('export')
    .description('all links, oldest first, one JSON object a line; with --json one array')
    .option('--person <id>', 'about this person only', parsePersonId)
    .addOption(new Option('--format <format>', 'how links are printed (jsonl)').choices(exportFormats))
    .option('--csv', 'the same as --format csv')
    .addHelpText(
      'after',
      '\nExample: npx muster audit export > evidence.jsonl\nExample: npx muster audit export --person e-1042 --csv > evidence.csv',
    )
    .action(async (options: ExportOptions, command: Command) => {
      const format = chooseFormat(options, command, 'jsonl');
      const count = await exportLinks(shell, writers[format](shell), options.person);
      if (count === 0 && options.person !== undefined) {
        throw new FailedError(`There is no evidence about person ${options.person}`);
      }
      printMessage(shell, `${count} links`);
    });
}

interface ExportOptions {
  readonly person?: string;
  readonly format?: (typeof exportFormats)[number];
  readonly csv?: boolean;
}

/** The chain may be long: a page is printed before the next is read. */
async function exportLinks(shell: Shell, writer: Writer, personId: string | undefined): Promise<number> {
  return withInventory(shell, async (inventory) => {
    let offset = 0;
    writer.begin();
    for (;;) {
      const page = await inventory.listEvidence({ personId, limit: pageSize, offset });
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
    write: (page) => writeOut(page.map((row) => `${toJson(row)}\n`).join('')),
    end: nothing,
  }),
  json: ({ writeOut }: Shell): Writer => ({
    begin: () => writeOut('['),
    write: (page, isFirst) => writeOut(`${isFirst ? '\n' : ',\n'}${page.map((row) => toJson(row)).join(',\n')}`),
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
  what: whatWasDone,
  reason: (row) => row.reason,
  policy: (row) => row.policyHash,
  before: (row) => json(row.before),
  after: (row) => json(row.after),
  event: (row) => row.eventId,
  step: (row) => row.step,
  hash: (row) => row.hash,
  signature: (row) => row.signature,
};
