import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Attestor } from '../../auth/attestation.ts';
import { whyNotBy } from '../../auth/operator.ts';
import { actorOf, type TokenRow } from '../../inventory/port/tokens.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import {
  decisionRefusals,
  personWorkflowId,
  submitDecisionUpdate,
  type DecisionReceipt,
} from '../../domain/contracts.ts';
import { checkDecision } from '../../domain/guards.ts';
import { ConflictError, FailedError, NotFoundError, RefusedError, UsageError } from '../../domain/errors.ts';
import type { ApprovalRow } from '../../inventory/port/approvals.ts';
import { grpcCodeIn, grpcCodes } from './temporal.ts';
import { isSameDecision, type Decision, type DecisionId } from '../../domain/decision.ts';

interface DecideOptions {
  /** The token that proved the actor. */
  readonly by?: TokenRow;
  /** How long the decision is retried. */
  readonly timeoutMs?: number;
  readonly pauseMs?: number;
}

/** The part of a Temporal client that a decision needs. */
export interface DecisionClient {
  withDeadline<R>(deadline: number, work: () => Promise<R>): Promise<R>;
  readonly workflow: {
    getHandle(workflowId: string): {
      executeUpdate(update: typeof submitDecisionUpdate, options: { args: [DecisionId] }): Promise<DecisionReceipt>;
    };
  };
}

type Approvals = Pick<Inventory, 'listApprovals' | 'submitDecision' | 'findSubmission'>;

interface DecisionMeans {
  readonly client: DecisionClient;
  readonly inventory: Approvals;
  /** Signs the decisions of people who were authenticated by a token. */
  readonly attestor?: Pick<Attestor, 'sign'>;
}

/** Seen while a run continues as new. */
const passingCodes: readonly unknown[] = [grpcCodes.notFound, grpcCodes.failedPrecondition, grpcCodes.unavailable];

export async function submitDecision(
  means: DecisionMeans,
  given: Decision,
  { by, timeoutMs = 10_000, pauseMs = 250 }: DecideOptions = {},
): Promise<DecisionReceipt> {
  const { client, inventory } = means;
  const checked = checkDecision(by === undefined ? given : { ...given, actor: actorOf(by) });
  if (!checked.ok) throw new UsageError(checked.why);
  const rows = (await inventory.listApprovals({})).filter(({ approvalId }) => approvalId === given.approvalId);
  rejectOtherDecision(rows, checked.value);
  const counted = countedBefore(rows, checked.value);
  if (counted !== undefined) return counted;
  const approval = openOf(rows, given.approvalId);
  const decision = by === undefined ? checked.value : await attest(means, checked.value, approval, by);
  const { personId } = approval;
  const { decisionId, approvalId } = decision;
  // What Temporal is told is the id of a decision on record.
  const submitted = await inventory.submitDecision(personId, decision, new Date().toISOString());
  if (submitted === 'otherDecision') throw otherDecision(decision);
  const handle = client.workflow.getHandle(personWorkflowId(personId));
  const until = Date.now() + timeoutMs;
  let refusal: string | undefined;
  do {
    try {
      const args: [DecisionId] = [{ decisionId, approvalId }];
      return await client.withDeadline(until, () => handle.executeUpdate(submitDecisionUpdate, { args }));
    } catch (error) {
      const why = (await inventory.findSubmission(personId, decisionId))?.refusal;
      if (why !== undefined) throw new RefusedError(`The decision was not recorded: ${why}`);
      refusal = judge(error);
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  } while (Date.now() < until);
  // The inventory may say "open" a moment longer than the process does: only a lasting "nobody waits" is a refusal.
  if (refusal !== undefined) throw new RefusedError(`The decision was not recorded: ${refusal}`);
  // An engine without a worker may hold the update a little longer than we wait for its result.
  throw new FailedError(
    `The decision counts as NOT recorded: ${personId}'s process did not answer within ${timeoutMs / 1000} s. ` +
      'See `npx muster doctor` for whether a worker runs, then decide again: twice the same does no harm',
  );
}

/** The decision of the token's owner, signed so that it is valid for this request only. */
async function attest(
  { attestor }: DecisionMeans,
  decision: Decision,
  { personId, requestedAt }: ApprovalRow,
  token: TokenRow,
): Promise<Decision> {
  const why = whyNotBy(token, decision.verdict);
  if (why !== undefined) throw new RefusedError(`The decision was not recorded: ${why}`);
  if (attestor === undefined) throw new FailedError('The decision was not recorded: nothing signs decisions here');
  const workflowId = personWorkflowId(personId);
  try {
    return {
      ...decision,
      attestation: await attestor.sign({ ...decision, workflowId, requestedAt, tokenId: token.id }),
    };
  } catch (error) {
    throw new FailedError(`The decision was not recorded: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The receipt of a decision that counts already and is sent again because the response was lost. */
function countedBefore(
  rows: readonly ApprovalRow[],
  { approvalId, decisionId, verdict, actor }: Decision,
): DecisionReceipt | undefined {
  const row = rows.find(({ decisions }) =>
    decisions.some((one) => one.decisionId === decisionId && one.verdict === verdict && one.actor === actor),
  );
  return row && { decisionId, approvalId, state: row.state };
}

/** An id is one decision: what was said under it stands. */
function rejectOtherDecision(rows: readonly ApprovalRow[], decision: Decision): void {
  const said = rows.flatMap(({ approvalId, decisions }) => decisions.map((one) => ({ ...one, approvalId })));
  const known = said.find(({ decisionId }) => decisionId === decision.decisionId);
  if (known !== undefined && !isSameDecision(known, decision)) throw otherDecision(decision);
}

const otherDecision = ({ decisionId }: Decision): ConflictError =>
  new ConflictError(`The decision was not recorded: ${decisionId} was another decision. Give this one another id`);

function openOf(rows: readonly ApprovalRow[], approvalId: string): ApprovalRow {
  const open = rows.find(({ state }) => state === 'open');
  if (open !== undefined) return open;
  const last = rows.at(-1);
  if (last !== undefined)
    throw new RefusedError(`The decision was not recorded: approval ${approvalId} is ${last.state}`);
  throw new NotFoundError(
    `There is no approval ${approvalId}: \`npx muster approvals list\` shows the open ones with their ids`,
  );
}

/** The message of "nobody waits for this", undefined where a retry may help. Throws what is final. */
function judge(error: unknown): string | undefined {
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const { type, message } = error.cause;
    if (type === decisionRefusals.refused) throw new RefusedError(`The decision was not recorded: ${message}`);
    if (type === decisionRefusals.notWaiting) return message;
    // The run ended between accepting the update and completing it; the next run knows the decisionId.
    if (type === 'AcceptedUpdateCompletedWorkflow') return undefined;
    throw error;
  }
  if (error instanceof WorkflowNotFoundError || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)
    return undefined;
  if (passingCodes.includes(grpcCodeIn(error))) return undefined;
  throw error;
}
