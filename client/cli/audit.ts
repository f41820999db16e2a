import type { Command } from 'commander';
import { FailedError } from '../errors.ts';
import { isJson } from './command.ts';
import { withInventory } from './open.ts';
import { printMessage, printResult } from './output.ts';
import { parsePersonId } from './parse.ts';
import type { Shell } from './shell.ts';

export function addAudit(program: Command, shell: Shell, setExitCode: (code: number) => void): void {
  const audit = program.command('audit').description('the evidence: who did what to whom, when and why');
  audit
    .command('verify')
    .description('walk the whole chain: was a link altered, removed or moved?')
    .addHelpText('after', '\nExample: npx muster audit verify')
    .action(async (_options: unknown, command: Command) => {
      const check = await withInventory(shell, (inventory) => inventory.verifyEvidence());
      printResult(shell, isJson(command), check, () =>
        check.ok ? `The chain holds: ${check.count} links.` : `The chain is broken at link ${check.seq}: ${check.why}.`,
      );
      if (!check.ok) setExitCode(1);
    });
  audit
    .command('export')
    .description('all links, oldest first, one JSON object a line; with --json one array')
    .option('--person <id>', 'about this person only', parsePersonId)
    .addHelpText('after', '\nExample: npx muster audit export --person e-1042 > evidence.jsonl')
    .action(async ({ person }: { person?: string }, command: Command) => {
      const count = await withInventory(shell, async (inventory) => {
        const isArray = isJson(command);
        const limit = 1_000;
        let offset = 0;
        if (isArray) shell.writeOut('[');
        // The chain may be long: a page is printed before the next is read.
        for (;;) {
          const filter = person === undefined ? {} : { personId: person };
          const page = await inventory.listEvidence({ ...filter, limit, offset });
          const lines = page.map((row) => JSON.stringify(row));
          if (isArray && lines.length > 0) shell.writeOut(`${offset === 0 ? '\n' : ',\n'}${lines.join(',\n')}`);
          else if (lines.length > 0) shell.writeOut(`${lines.join('\n')}\n`);
          offset += page.length;
          if (page.length < limit) break;
        }
        if (isArray) shell.writeOut('\n]\n');
        return offset;
      });
      if (count === 0 && person !== undefined) throw new FailedError(`There is no evidence about person ${person}`);
      printMessage(shell, `${count} links`);
    });
}
