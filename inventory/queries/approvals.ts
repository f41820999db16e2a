import type { Selectable } from 'kysely';
import { approversAfter } from '../../domain/approvals.ts';
import { locked, personLock } from '../database/locks.ts';
import type { Db, Schema } from '../database/schema.ts';
import type { ApprovalRow, DatedDecision, NewApproval } from '../port/approvals.ts';
import { canonicalJson, parseJson, type Json } from '../port/json.ts';
import {
  isSameDecision,
  type ApprovalRequest,
  type ApprovalState,
  type ApproverSet,
  type Decision,
} from '../../domain/decision.ts';

interface ApprovalKey {
  readonly personId: string;
  readonly approvalId: string;
}

/**
 * Makes a request, or finds the one that its chain of runs has made: nobody is asked twice within one chain. A request that
 * was withdrawn there is open again, with the decisions that it had. An open one of another chain ends as withdrawn.
 */
export const openApproval = locked(
  personLock,
  async (db: Db, approval: NewApproval): Promise<{ readonly row: ApprovalRow; readonly isNew: boolean }> => {
    const { personId, approvalId, requestedAt, chain, deadline } = approval;
    const last = await findApproval(db, approval);
    if (last?.chain === chain && last.state !== 'timedOut') {
      if (last.state !== 'withdrawn' && last.state !== 'open') return { row: last, isNew: false };
      // Who may decide is said anew; who it was passed to stays.
      const approvers = approversAfter(approval.approvers, last.decisions);
      // So does whom HR's word for the manager meant, while it is the same.
      const isSameWord = last.managerId !== undefined && last.managerSaid === approval.managerSaid;
      const request = requestIn({ ...approval, approvers, ...(isSameWord ? managerIn(last) : {}) });
      const until = last.state === 'open' ? last.deadline : deadline;
      await change(db, last, { state: 'open', closedAt: null, deadline: until, request });
      const row = await findApproval(db, last);
      return { row: row ?? last, isNew: last.state !== 'open' };
    }
    if (last?.state === 'open') await change(db, last, { state: 'withdrawn', closedAt: requestedAt });
    await db
      .insertInto('approvals')
      .values({ personId, approvalId, requestedAt, chain, deadline, request: requestIn(approval), state: 'open' })
      .onConflict((conflict) => conflict.columns(['personId', 'approvalId', 'requestedAt']).doNothing())
      .execute();
    const row = await findApproval(db, approval);
    if (row === undefined) throw new Error(`approval ${approvalId} was written and cannot be read`);
    return { row, isNew: true };
  },
);

/** The newest request of this id, with the decisions that count. */
export async function findApproval(db: Db, { personId, approvalId }: ApprovalKey): Promise<ApprovalRow | undefined> {
  const row = await db
    .selectFrom('approvals')
    .selectAll()
    .where('personId', '=', personId)
    .where('approvalId', '=', approvalId)
    .orderBy('requestedAt', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const decisions = await db
    .selectFrom('decisions')
    .select(decisionColumns)
    .where('personId', '=', personId)
    .where('approvalId', '=', approvalId)
    .where('requestedAt', '=', row.requestedAt)
    .where('lapsedAt', 'is', null)
    .orderBy('at')
    .orderBy('decisionId')
    .execute();
  return toRow(row, decisions);
}

/** A counted decision about the newest request, unique by its decisionId, and what becomes of the request. */
export const recordDecision = locked(
  personLock,
  async (
    db: Db,
    { personId, approvalId, requestedAt }: ApprovalRow,
    { decision, attestation }: { readonly decision: DatedDecision; readonly attestation: string | undefined },
    after: { readonly state: ApprovalState; readonly approvers: ApproverSet },
  ): Promise<void> => {
    const { decisionId, at } = decision;
    await db
      .insertInto('decisions')
      .values({
        personId,
        decisionId,
        approvalId,
        requestedAt,
        at,
        decision: canonicalJson(decision),
        attestation: attestation ?? null,
      })
      .onConflict((conflict) => conflict.columns(['personId', 'decisionId']).doNothing())
      .execute();
    const row = await findApproval(db, { personId, approvalId });
    if (row?.state !== 'open' || row.requestedAt !== requestedAt) return;
    await change(db, row, {
      state: after.state,
      closedAt: after.state === 'open' ? null : at,
      request: requestIn({ ...row, approvers: after.approvers }),
    });
  },
);

/** Decisions whose approvers may no longer decide count no more, and the request is open again. */
export const lapseDecisions = locked(
  personLock,
  async (
    db: Db,
    approval: Pick<ApprovalRow, 'personId' | 'approvalId' | 'requestedAt'>,
    { decisionIds, at, deadline }: { decisionIds: readonly string[]; at: string; deadline: string },
  ): Promise<void> => {
    await db
      .updateTable('decisions')
      .set({ lapsedAt: at })
      .where('personId', '=', approval.personId)
      .where('decisionId', 'in', [...decisionIds])
      .where('lapsedAt', 'is', null)
      .execute();
    await change(db, approval, { state: 'open', closedAt: null, deadline });
  },
);

/** Only an open approval can be closed: its first end stays. */
export const closeApproval = locked(
  personLock,
  async (db: Db, key: ApprovalKey, state: Exclude<ApprovalState, 'open'>, at: string): Promise<void> => {
    const row = await findApproval(db, key);
    if (row?.state === 'open') await change(db, row, { state, closedAt: at });
  },
);

async function change(
  db: Db,
  { personId, approvalId, requestedAt }: Pick<ApprovalRow, 'personId' | 'approvalId' | 'requestedAt'>,
  to: Partial<Pick<Selectable<Schema['approvals']>, 'state' | 'closedAt' | 'deadline' | 'request'>>,
): Promise<void> {
  await db
    .updateTable('approvals')
    .set(to)
    .where('personId', '=', personId)
    .where('approvalId', '=', approvalId)
    .where('requestedAt', '=', requestedAt)
    .execute();
}

export async function listApprovals(
  db: Db,
  { state, personId }: { state?: ApprovalState; personId?: string },
): Promise<readonly ApprovalRow[]> {
  let query = db.selectFrom('approvals').selectAll();
  let decisionQuery = db.selectFrom('decisions').select(decisionColumns).where('lapsedAt', 'is', null);
  if (state !== undefined) query = query.where('state', '=', state);
  if (personId !== undefined) {
    query = query.where('personId', '=', personId);
    decisionQuery = decisionQuery.where('personId', '=', personId);
  } else {
    const ids = (await query.clearSelect().select('personId').distinct().execute()).map((row) => row.personId);
    if (ids.length === 0) return [];
    decisionQuery = decisionQuery.where('personId', 'in', ids);
  }
  const rows = await query.orderBy('requestedAt').orderBy('personId').orderBy('approvalId').execute();
  const decisions = await decisionQuery.orderBy('at').orderBy('decisionId').execute();
  return rows.map((row) => toRow(row, decisions));
}

/** The signed statements of decisions, by decisionId. */
export async function attestationsOf(db: Db, personId: string): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('decisions')
    .select(['decisionId', 'attestation'])
    .where('personId', '=', personId)
    .execute();
  return new Map(
    rows.flatMap(({ decisionId, attestation }) => (attestation === null ? [] : [[decisionId, attestation]])),
  );
}

/** A decision as it was sent, before its process judges it. The same id again is the same decision. */
export const submitDecision = locked(
  personLock,
  async (db: Db, personId: string, decision: Decision, at: string): Promise<'submitted' | 'otherDecision'> => {
    const { decisionId } = decision;
    const before = await findSubmission(db, personId, decisionId);
    if (before !== undefined && !isSameDecision(before.decision, decision)) return 'otherDecision';
    const row = { at, decision: canonicalJson(decision), refusal: null };
    await db
      .insertInto('submissions')
      .values({ personId, decisionId, ...row })
      .onConflict((conflict) => conflict.columns(['personId', 'decisionId']).doUpdateSet(row))
      .execute();
    return 'submitted';
  },
);

export async function findSubmission(
  db: Db,
  personId: string,
  decisionId: string,
): Promise<{ readonly decision: Decision; readonly refusal?: string } | undefined> {
  const row = await db
    .selectFrom('submissions')
    .select(['decision', 'refusal'])
    .where('personId', '=', personId)
    .where('decisionId', '=', decisionId)
    .executeTakeFirst();
  return row && { decision: parseJson(row.decision), refusal: row.refusal ?? undefined };
}

/** It was judged: what counts stands among the decisions, what does not says why for a while. */
export const endSubmission = locked(
  personLock,
  async (db: Db, personId: string, decisionId: string, refusal: string | undefined): Promise<void> => {
    const mine = db.updateTable('submissions').where('personId', '=', personId).where('decisionId', '=', decisionId);
    if (refusal !== undefined) await mine.set({ refusal }).execute();
    else {
      await db
        .deleteFrom('submissions')
        .where('personId', '=', personId)
        .where('decisionId', '=', decisionId)
        .execute();
    }
  },
);

const decisionColumns = ['personId', 'approvalId', 'requestedAt', 'decision'] as const;

type DecisionRow = Pick<Selectable<Schema['decisions']>, (typeof decisionColumns)[number]>;

const toRow = (row: Selectable<Schema['approvals']>, decisions: readonly DecisionRow[]): ApprovalRow => ({
  ...parseJson(row.request),
  personId: row.personId,
  chain: row.chain,
  state: row.state,
  requestedAt: row.requestedAt,
  deadline: row.deadline,
  closedAt: row.closedAt ?? undefined,
  decisions: decisions
    .filter((one) => one.personId === row.personId && one.approvalId === row.approvalId)
    .filter(({ requestedAt }) => requestedAt === row.requestedAt)
    .map(({ decision }) => parseJson(decision)),
});

const managerIn = ({ managerId, managerGone }: ApprovalRequest) => ({ managerId, managerGone });

function requestIn(approval: ApprovalRequest): Json<ApprovalRequest> {
  const { approvalId, entitlements, about, act, rules, privileged, isUndecidable } = approval;
  const { approvers, managerSaid, managerId, managerGone } = approval;
  return canonicalJson<ApprovalRequest>({
    ...{ approvalId, entitlements, about, act, rules, privileged, isUndecidable },
    ...{ approvers, managerSaid, managerId, managerGone },
  });
}
