import { cameWithAccount } from '../../domain/access/warnings.ts';
import { hasCreatedAccount } from './cameWith.ts';
import { activityInfo } from '@temporalio/activity';
import {
  whyNotOwed,
  type ApprovalOnRecord,
  type AskedWrite,
  type Entitled,
  type EventOnRecord,
  returnKinds,
  type OwedRecord,
} from '../../domain/access/owed.ts';
import { entitlementKey, heldEntitlements } from '../../domain/access/plan.ts';
import type { Because } from '../../domain/evidence.ts';
import { attributesAt } from '../../domain/facts/attributes.ts';
import { employmentAt, outrankedWords, standingLines } from '../../domain/facts/employment.ts';
import { ranksOf, type Ranks } from '../../domain/facts/ranks.ts';
import { dueAt, isHire } from '../../domain/mailbox.ts';
import type { Entitlement, PersonAttributes, PersonRecord } from '../../domain/model.ts';
import { birthrightAccess } from '../../domain/policy/rules.ts';
import { foldCase, isSameText } from '../../domain/text.ts';
import { whyNotProven } from '../approvals/proof.ts';
import type { Dependencies } from '../dependencies.ts';
import type { AccessBefore } from '../../inventory/port/changeBudget.ts';
import type { IntakeRow } from '../../inventory/port/people.ts';
import type { OpenWrite } from '../../inventory/port/evidence.ts';
import type { RecordTransaction } from '../../inventory/port/inventory.ts';
import { ownDisabling } from './accessBefore.ts';

/** What a write is judged by, beside the record. */
export type OwedMeans = Pick<Dependencies, 'policy' | 'attestations' | 'keys'>;

/** A write that the record does not owe. */
export interface Refusal {
  readonly why: string;
  /**
   * Nobody has forged it: something newer is on record that the run may not have read, an earlier attempt was owed, HR says one e-mail
   * of two people, or the policy gives more time to accept than it did when the run began to wait.
   */
  readonly isExplained: boolean;
}

/** In the transaction that notes the write: why the record does not owe it now; undefined where it does. */
export async function judgeOwed(
  trx: RecordTransaction,
  means: OwedMeans,
  because: Because,
  write: AskedWrite & { readonly step: string },
): Promise<Refusal | undefined> {
  const { personId, eventId } = because;
  const nowMs = activityInfo().currentAttemptScheduledTimestampMs;
  const { times } = means.policy();
  await trx.holdPerson(personId);
  const events = await trx.eventsOf(personId);
  const row = events.find(({ event }) => event.eventId === eventId) ?? (await trx.findEvent(eventId));
  const record = await readRecord(trx, means, because, write, { row, events, nowMs });
  const why = whyNotOwed(record, write, { times, nowMs });
  if (why === undefined) return undefined;
  const isStanding = row !== undefined && row.event.personId === personId && row.outcome === undefined;
  const isNews = ({ event, outcome, withdrawal }: IntakeRow): boolean =>
    event.eventId !== eventId && outcome === undefined && withdrawal === undefined && dueAt(event, times) <= nowMs;
  const isSame = (open: OpenWrite) => open.step === write.step && open.accountId === write.accountId;
  const isNoted = async () => (await trx.listOpenWrites(personId)).some(isSame);
  const isContested = record.emailHolder !== undefined;
  const isNewer = isStanding && (row.withdrawal !== undefined || events.some(isNews) || (await isNoted()));
  const isEarly = isStanding && write.kind === 'uninvite' && returnKinds.includes(row.event.kind);
  return { why, isExplained: isContested || isNewer || isEarly };
}

async function readRecord(
  trx: RecordTransaction,
  means: OwedMeans,
  because: Because,
  write: AskedWrite,
  { row, events, nowMs }: { readonly row?: IntakeRow; readonly events: readonly IntakeRow[]; readonly nowMs: number },
): Promise<OwedRecord> {
  const { personId, eventId } = because;
  const person: PersonRecord = (await trx.findPerson(personId)) ?? nobody(personId);
  const ranks = ranksOf(means.policy());
  const statements = await trx.statementsOf(personId);
  const now = new Date(nowMs).toISOString();
  const outranked = outrankedWords(statements, ranks, now);
  const onItsDay = row !== undefined && isHire(row.event) && row.event.effectiveAt > now ? row.event.effectiveAt : now;
  const employmentOn = (at: string) => employmentAt(statements, ranks, at).state;
  const before = await ownDisabling(trx, personId);
  return {
    because,
    reason: row && reasonOf(row, outranked.get(eventId)),
    person: { ...person, lines: standingLines(person.lines, statements, outranked) },
    employment: { now: employmentOn(now), onItsDay: employmentOn(onItsDay) },
    isAdmitted: await trx.isAdmitted({ eventId, personId }),
    isGivenUp: isGivenUp(events, means.policy(), nowMs),
    isOurDisabling: before !== undefined && before.accountId === write.accountId,
    emailHolder:
      write.email === undefined ? undefined : await otherHolder(trx, personId, { email: write.email, at: now, ranks }),
    entitled: await entitledTo(trx, means, write, {
      because,
      before,
      word: attributesAt(statements, ranks, onItsDay),
    }),
    approval: await approvalOnRecord(trx, means, because),
  };
}

/** Whether a return waits for so long that nobody is expected to accept any more; one that another took over in place began its wait. */
function isGivenUp(
  events: readonly IntakeRow[],
  { times }: Pick<ReturnType<OwedMeans['policy']>, 'times'>,
  nowMs: number,
): boolean {
  const begun = events
    .filter(({ outcome }) => outcome === undefined || outcome.kind === 'superseded')
    .filter(({ event: { kind } }) => returnKinds.includes(kind))
    .map(({ event, receivedAt }) => Math.max(Date.parse(receivedAt), dueAt(event, times)));
  return Math.min(...begun) + times.giveUpAfterMs <= nowMs;
}

/** As a run takes it: a hire by a source that has not the word on employment tells attributes at most. */
function reasonOf({ event, withdrawal, outcome }: IntakeRow, outrankedBy: string | undefined): EventOnRecord {
  const isTelling = outrankedBy !== undefined && isHire(event);
  const taken: EventOnRecord['event'] = isTelling ? { ...event, kind: 'mover' } : { ...event, outrankedBy };
  return { event: taken, isWithdrawn: withdrawal !== undefined, outcome: outcome?.kind };
}

const nobody = (personId: string): PersonRecord => ({ personId, previousEmails: [], employment: 'unknown', lines: {} });

/** Somebody else whose e-mail this is by the newest word, and who has not left. */
async function otherHolder(
  trx: RecordTransaction,
  personId: string,
  { email, at, ranks }: { readonly email: string; readonly at: string; readonly ranks: Ranks },
): Promise<string | undefined> {
  for (const other of await trx.findPeopleByEmail(email)) {
    if (other.personId === personId || other.employment === 'left') continue;
    const word = await trx.attributesAt(other.personId, at, ranks);
    if (word !== undefined && isSameText(word.email, email)) return other.personId;
  }
  return undefined;
}

async function entitledTo(
  trx: RecordTransaction,
  { policy }: OwedMeans,
  { accountId, entitlement }: AskedWrite,
  {
    because,
    before,
    word,
  }: {
    readonly because: Because;
    readonly before: AccessBefore | undefined;
    readonly word: PersonAttributes | undefined;
  },
): Promise<Entitled> {
  if (entitlement === undefined) return noEntitlement;
  const key = entitlementKey(entitlement);
  const isIt = (one: { readonly kind: string; readonly id: string }): boolean => entitlementKey(one) === key;
  const { granted, onApproval } = word === undefined ? nothing : birthrightAccess(policy(), word);
  // A name of the policy means the id that it had when it was first looked up.
  const named = [...granted, ...onApproval.flatMap(({ entitlements }) => entitlements)];
  const known = await trx.knownEntitlementIds(named);
  const isNamed = ({ kind, name }: Entitlement): boolean => {
    const id = known.get(entitlementKey({ kind, id: name }));
    return id !== undefined && isIt({ kind, id });
  };
  const held =
    before === undefined || before.accountId !== accountId ? [] : heldEntitlements(before.access).filter(isIt);
  const { personId } = because;
  const grants = await trx.listGrants({ personId, open: true, limit: 1_000, offset: 0 });
  const ours = grants.filter((one) => one.accountId === accountId && one.reason !== 'preexisting' && isIt(one));
  return {
    names: [...named.filter(isNamed), ...held].map(({ name }) => name),
    isGranted: granted.some(isNamed),
    onApproval: onApproval.filter(({ entitlements }) => entitlements.some(isNamed)).map(({ rule }) => rule),
    wasHeld: held.length > 0,
    isOurs: ours.length > 0,
    hasComeAlong: ours.some((one) => one.because === cameWithAccount) && (await hasCreatedAccount(trx, because)),
  };
}

const noEntitlement: Entitled = { names: [], isGranted: false, onApproval: [], wasHeld: false, isOurs: false };
const nothing: ReturnType<typeof birthrightAccess> = { granted: [], onApproval: [] };

/** The approval with its decisions judged again: as many as its quorum must be proven still. */
async function approvalOnRecord(
  trx: RecordTransaction,
  { policy, attestations, keys }: OwedMeans,
  { personId, approvalId }: Because,
): Promise<ApprovalOnRecord | undefined> {
  if (approvalId === undefined) return undefined;
  const row = await trx.findApproval({ personId, approvalId });
  if (row === undefined) return undefined;
  if (row.state !== 'approved') return { ...row, why: `the approval is ${row.state}` };
  const { acceptClaimed } = policy().approvals;
  const kept = await trx.attestationsOf(personId);
  const proving = { inventory: trx, attestations, keys, acceptClaimed };
  const approvers = new Set<string>();
  const doubts: string[] = [];
  for (const decision of row.decisions.filter(({ verdict }) => verdict === 'approve')) {
    const { decisionId, actor, personId: approverId = foldCase(actor) } = decision;
    const why = await whyNotProven(proving, row, decision, kept.get(decisionId));
    if (why === undefined) approvers.add(approverId);
    else doubts.push(`decision ${decisionId}: ${why}`);
  }
  if (approvers.size >= row.approvers.quorum) return row;
  return { ...row, why: `too few decisions approve it${doubts.length === 0 ? '' : ` (${doubts.join('; ')})`}` };
}
