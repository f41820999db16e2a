import { Option, type Command } from 'commander';
import type { ApprovalRow } from '../../activities/inventory/types.ts';
import type { ApprovalState } from '../../workflows/core/contracts.ts';
import { isJson } from './command.ts';
import { withInventory, withMuster } from './open.ts';
import { printResult, renderTable } from './output.ts';
import { parseEmail, parsePersonId, parseText } from './parse.ts';
import type { Shell } from './shell.ts';

interface ListOptions {
  readonly state: ApprovalState | 'all';
  readonly person?: string;
}

export function addApprovals(program: Command, shell: Shell): void {
  const approvals = program.command('approvals').description('access that waits for somebody to allow it');
  const states = ['open', 'approved', 'rejected', 'timedOut', 'withdrawn', 'all'] as const;
  approvals
    .command('list')
    .description('what waits for a decision, and by whom')
    .addOption(new Option('--state <state>', 'in this state only').choices(states).default('open'))
    .option('--person <id>', "about this person's access only", parsePersonId)
    .addHelpText('after', '\nExample: npx muster approvals list --state all --json')
    .action(async ({ state, person }: ListOptions, command: Command) => {
      const filter = { ...(state === 'all' ? {} : { state }), ...(person === undefined ? {} : { personId: person }) };
      const rows = await withInventory(shell, (inventory) => inventory.listApprovals(filter));
      printResult(shell, isJson(command), rows, () => renderApprovals(shell, rows));
    });
  for (const verdict of ['approve', 'reject'] as const) addDecision(approvals, shell, verdict);
}

function addDecision(approvals: Command, shell: Shell, verdict: 'approve' | 'reject'): void {
  const isReject = verdict === 'reject';
  const reason = new Option('--reason <text>', 'kept as evidence').argParser(parseText(1_000));
  approvals
    .command(verdict)
    .argument('<approvalId>', 'as `approvals list` shows it', parseText(200))
    .description(isReject ? 'reject: the access is left out, everything else goes on' : 'allow the access')
    .requiredOption('--as <email>', 'who decides', parseEmail)
    .addOption(isReject ? reason.makeOptionMandatory() : reason)
    .addHelpText(
      'after',
      `\nExample: npx muster approvals ${verdict} 3f1c… --as lead@example.com${isReject ? ' --reason "not in this team"' : ''}`,
    )
    .action(async (approvalId: string, options: { as: string; reason?: string }, command: Command) => {
      const decision = {
        approvalId,
        verdict,
        actor: options.as,
        ...(options.reason === undefined ? {} : { reason: options.reason }),
      };
      const receipt = await withMuster(shell, ({ muster }) => muster.decide(decision));
      printResult(
        shell,
        isJson(command),
        receipt,
        () => `The decision ${receipt.decisionId} is recorded; approval ${receipt.approvalId} is ${receipt.state}.`,
      );
    });
}

function renderApprovals(shell: Shell, rows: readonly ApprovalRow[]): string {
  if (rows.length === 0) return 'No such approvals.';
  return renderTable(
    shell,
    ['approval', 'person', 'access', 'approvers', 'state', 'deadline'],
    rows.map((row) => [
      row.approvalId,
      row.personId,
      row.entitlements.map(({ kind, name }) => `${kind} ${name}`).join(', '),
      [...row.approvers.people, ...(row.approvers.manager ? ['the manager'] : [])].join(', '),
      row.state,
      row.deadline,
    ]),
  );
}
