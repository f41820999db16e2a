import { Option, type Command } from 'commander';
import type { ApprovalState } from '../../domain/decision.ts';
import type { Entitlement } from '../../domain/model.ts';
import { isJson } from './command.ts';
import { withInventory, withMuster } from './open.ts';
import { operatorOf } from './operator.ts';
import { printResult } from './output.ts';
import { parseEmail, parsePersonId, parseText } from './parse.ts';
import { addListOptions, printList, type List } from './rows.ts';
import type { Shell } from './shell.ts';
import { describeDecision, rulesOf } from './why.ts';
import type { ApprovalRow } from '../../inventory/port/approvals.ts';
import type { Decision } from '../../domain/decision.ts';

interface ListOptions {
  readonly state: ApprovalState | 'all';
  readonly person?: string;
}

export function addApprovals(approvals: Command, shell: Shell): void {
  const states = ['open', 'approved', 'rejected', 'timedOut', 'withdrawn', 'all'] as const;
  addListOptions(approvals.command('list'))
    .description('what waits for a decision, and by whom')
    .addOption(new Option('--state <state>', 'in this state only').choices(states).default('open'))
    .option('--person <id>', "about this person's access only", parsePersonId)
    .addHelpText('after', '\nExample: npx muster approvals list --state all --json')
    .action(async ({ state, person }: ListOptions, command: Command) => {
      const filter = { state: state === 'all' ? undefined : state, personId: person };
      const rows = await withInventory(shell, (inventory) => inventory.listApprovals(filter));
      printList(shell, command, rows, approvalList);
    });
  for (const verdict of ['approve', 'reject'] as const) addDecision(approvals, shell, verdict);
  addReassign(approvals, shell);
}

interface DecisionOptions {
  readonly reason?: string;
  readonly to?: readonly string[];
}

const example = '7803b29cac5a570d09fe8eea54192bf4';

function addDecision(approvals: Command, shell: Shell, verdict: 'approve' | 'reject'): void {
  const isReject = verdict === 'reject';
  const command = decisionCommand(approvals, shell, verdict).description(
    isReject ? 'reject: the access is not granted, everything else goes on' : 'approve: grant the access',
  );
  const reason = new Option('--reason <text>', 'kept as evidence').argParser(parseText(1_000));
  command
    .addOption(isReject ? reason.makeOptionMandatory() : reason)
    .addHelpText(
      'after',
      `\nExample: npx muster approvals ${verdict} ${example} --as lead@example.com${isReject ? ' --reason "not in this team"' : ''}`,
    );
}

function addReassign(approvals: Command, shell: Shell): void {
  decisionCommand(approvals, shell, 'reassign')
    .description('let others decide in the place of the named approvers and the manager; the fallback stays')
    .requiredOption('--to <who...>', 'e-mails or personIds, as many as must approve it')
    .addOption(new Option('--reason <text>', 'kept as evidence').argParser(parseText(1_000)))
    .addHelpText(
      'after',
      `\nExample: npx muster approvals reassign ${example} --to cto@example.com --as it@example.com`,
    );
}

function decisionCommand(approvals: Command, shell: Shell, verdict: Decision['verdict']): Command {
  return approvals
    .command(verdict)
    .argument('<approvalId>', 'as `approvals list` shows it', parseText(200))
    .option('--as <email>', 'who decides: a claim, where no MUSTER_TOKEN proves it', parseEmail)
    .action(async (approvalId: string, options: DecisionOptions, command: Command) => {
      const { reason, to } = options;
      const { actor, token } = operatorOf(command);
      const decision = { approvalId, verdict, actor, reason, to };
      const receipt = await withMuster(shell, ({ muster }) => muster.decide(decision, token));
      printResult(
        shell,
        isJson(command),
        receipt,
        () => `The decision ${receipt.decisionId} is recorded; approval ${receipt.approvalId} is ${receipt.state}.`,
      );
    });
}

const approvalList: List<ApprovalRow> = {
  columns: {
    approval: (row) => row.approvalId,
    person: (row) => row.personId,
    access: describeAccess,
    why: (row) => rulesOf(row.rules),
    approvers: describeApprovers,
    state: (row) => row.state,
    decisions: (row) => row.decisions.map(describeDecision).join('; '),
    requestedAt: (row) => row.requestedAt,
    deadline: (row) => row.deadline,
    closedAt: (row) => row.closedAt,
  },
  shown: ['approval', 'person', 'access', 'why', 'approvers', 'state', 'deadline'],
  none: 'No such approvals.',
};

function describeAccess(row: ApprovalRow): string {
  const named = row.entitlements.map(
    (one) => `${one.kind} ${one.name}${isPrivileged(row, one) ? ' (privileged)' : ''}`,
  );
  return row.act ?? named.join(', ');
}

const isPrivileged = ({ privileged }: ApprovalRow, { kind, name }: Entitlement): boolean =>
  kind === 'role' && privileged?.includes(name) === true;

function describeApprovers({ approvers, managerGone }: ApprovalRow): string {
  const { people, manager, fallback } = approvers;
  const managerOrFallback = managerGone === undefined ? ['the manager'] : fallback;
  return [...people, ...(manager ? managerOrFallback : [])].join(', ');
}
