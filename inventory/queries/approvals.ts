import type { ApprovalState } from '../../domain/contracts.ts';
import { locked, personLock } from '../database/locks.ts';
import type { Db } from '../database/schema.ts';
import type { ApprovalRow, DatedDecision } from '../port/approvals.ts';
import { canonicalJson, parseJson } from '../port/json.ts';
import type { ApprovalRequest, ApproverSet } from '../../domain/decision.ts';

/** The same access may be requested again later: then an older request that is still open ends as withdrawn. */
export const openApproval = locked(personLock, async (db: Db, approval: ApprovalRow): Promise<void> => {
  const { personId, approvalId, requestedAt, deadline, state, closedAt = null } = approval;
  const { entitlements, act, rules, approvers, managerIds, managerGone, privileged } = approval;
  const request: ApprovalRequest = {
    approvalId,
    entitlements,
    act,
    rules,
    approvers,
    managerIds,
    privileged,
    managerGone,
  };
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('approvals')
    .values({ personId, approvalId, requestedAt, request: canonicalJson(request), state, deadline, closedAt })
    .onConflict((conflict) => conflict.columns(['personId', 'approvalId', 'requestedAt']).doNothing())
    .executeTakeFirst();
  for (const decision of approval.decisions) await recordDecision(db, personId, decision);
  if (numInsertedOrUpdatedRows !== 1n) return;
  await db
    .updateTable('approvals')
    .set({ state: 'withdrawn', closedAt: requestedAt })
    .where('personId', '=', personId)
    .where('approvalId', '=', approvalId)
    .where('state', '=', 'open')
    .where('requestedAt', '<', requestedAt)
    .execute();
});

/** A counted decision, unique by its decisionId. */
export const recordDecision = locked(
  personLock,
  async (db: Db, personId: string, decision: DatedDecision): Promise<void> => {
    const { decisionId, approvalId, at } = decision;
    const latest = await db
      .selectFrom('approvals')
      .select('requestedAt')
      .where('personId', '=', personId)
      .where('approvalId', '=', approvalId)
      .orderBy('requestedAt', 'desc')
      .limit(1)
      .executeTakeFirst();
    await db
      .insertInto('decisions')
      .values({
        personId,
        decisionId,
        approvalId,
        requestedAt: latest?.requestedAt ?? null,
        at,
        decision: canonicalJson(decision),
      })
      .onConflict((conflict) => conflict.columns(['personId', 'decisionId']).doNothing())
      .execute();
  },
);

/** Only an open approval can be closed: its first end stays. */
export const closeApproval = locked(
  personLock,
  async (db: Db, personId: string, approvalId: string, state: ApprovalState, at: string): Promise<void> => {
    if (state === 'open') return;
    await db
      .updateTable('approvals')
      .set({ state, closedAt: at })
      .where('personId', '=', personId)
      .where('approvalId', '=', approvalId)
      .where('state', '=', 'open')
      .execute();
  },
);

/** Passes an open approval to others. */
export const reassignApproval = locked(
  personLock,
  async (db: Db, personId: string, approvalId: string, approvers: ApproverSet): Promise<void> => {
    const open = await db
      .selectFrom('approvals')
      .select(['request', 'requestedAt'])
      .where('personId', '=', personId)
      .where('approvalId', '=', approvalId)
      .where('state', '=', 'open')
      .executeTakeFirst();
    if (open === undefined) return;
    await db
      .updateTable('approvals')
      .set({ request: canonicalJson({ ...parseJson(open.request), approvers }) })
      .where('personId', '=', personId)
      .where('approvalId', '=', approvalId)
      .where('requestedAt', '=', open.requestedAt)
      .execute();
  },
);

export async function listApprovals(
  db: Db,
  { state, personId }: { state?: ApprovalState; personId?: string },
): Promise<readonly ApprovalRow[]> {
  let query = db.selectFrom('approvals').selectAll();
  let decisionQuery = db.selectFrom('decisions').select(['personId', 'approvalId', 'requestedAt', 'decision']);
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
  return rows.map((row) => ({
    ...parseJson(row.request),
    personId: row.personId,
    state: row.state,
    requestedAt: row.requestedAt,
    deadline: row.deadline,
    closedAt: row.closedAt ?? undefined,
    decisions: decisions
      .filter((one) => one.personId === row.personId && one.approvalId === row.approvalId)
      // A decision that came before its request was written is shown with every request for the same access.
      .filter(({ requestedAt }) => requestedAt === null || requestedAt === row.requestedAt)
      .map(({ decision }) => parseJson(decision)),
  }));
}
