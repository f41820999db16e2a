import type { Command } from 'commander';
import type { QuarantineRow } from '../../inventory/port/repairs.ts';
import { isJson } from './command.ts';
import { addOperator, whyOf, withOperator, type OperatorOptions } from './operator.ts';
import { printResult } from './output.ts';
import { renderParagraph, renderTable } from './table.ts';
import { parseText } from './parse.ts';
import type { Shell } from './shell.ts';

/** `sync allow` and `sync reject`: repairs of drift that were too many at once. */
export function addQuarantine(sync: Command, shell: Shell): void {
  for (const verdict of ['allow', 'reject'] as const) {
    addOperator(sync.command(verdict))
      .argument('<batch>', 'as `sync status` shows it', parseText(64))
      .description(
        verdict === 'allow'
          ? 'have a batch of held repairs carried out'
          : 'leave the drift of a held batch as it is, until it changes',
      )
      .addHelpText('after', `\nExample: npx muster sync ${verdict} 4be61c09a2f7 --as lead@example.com`)
      .action(async (batchId: string, options: OperatorOptions, command: Command) => {
        const { decideBatch } = await import('../operations/quarantine.ts');
        const decided = await withOperator(shell, command, (context, { muster }) =>
          decideBatch({ ...context, muster }, { batchId, verdict, ...whyOf(options) }),
        );
        const people = decided.people.length;
        printResult(shell, isJson(command), decided, () =>
          verdict === 'allow'
            ? `Batch ${batchId} is allowed: ${people} people are compared and mended by their processes.`
            : `Batch ${batchId} is rejected: the drift of ${people} people is left as it is.`,
        );
      });
  }
}

/** The open batch in words. */
export function renderQuarantine(shell: Shell, open: QuarantineRow): string {
  const rows = open.people
    .slice(0, 20)
    .map(({ personId, subjects }) => [
      personId,
      subjects.map((subject) => subject.slice(personId.length + 1)).join(', '),
    ]);
  return (
    `${renderParagraph(
      shell,
      `Repairs of ${open.people.length} people are held, more than ${open.budget} at once: ` +
        `\`npx muster sync allow ${open.batchId}\` or \`npx muster sync reject ${open.batchId}\``,
    )}\n` + renderTable(shell, ['person', 'drift'], rows)
  );
}
