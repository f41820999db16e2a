import { actWords } from '../approvals.ts';
import type { AccountChange, RequestView } from '../decision.ts';
import { dueAt, isHire, settle } from '../mailbox.ts';
import type {
  Employment,
  HrEvent,
  MailboxEvent,
  OutcomeKind,
  PersonRecord,
  ProcessTimes,
  ResolvedEntitlement,
} from '../model.ts';

/** Whether a write to Datadog is owed now: by the record alone, since whoever calls an activity may be anybody. */

/** What is about to be written. */
export interface AskedWrite {
  readonly kind: 'create' | 'invite' | 'uninvite' | 'enable' | 'disable' | 'update' | 'grant' | 'revoke';
  /** Absent for an account that is to be created. */
  readonly accountId?: string;
  /** Whether the account was disabled when it was read a moment ago. */
  readonly isDisabled?: boolean;
  /** Read in Datadog a moment ago: the role to assign, or a role of the account whose e-mail is to change, is privileged. */
  readonly isPrivileged?: boolean;
  readonly entitlement?: ResolvedEntitlement;
  /** The account's new e-mail. */
  readonly email?: string;
}

/** The event that is named as the reason, as it stands on record. */
export interface EventOnRecord {
  readonly event: HrEvent & Pick<MailboxEvent, 'outrankedBy'>;
  readonly isWithdrawn: boolean;
  /** How it ended; absent while it waits or is carried out. */
  readonly outcome?: OutcomeKind;
}

type WordOnEmployment = 'employed' | 'ended' | 'unknown';

/** The approval that is named as the reason. */
export interface ApprovalOnRecord extends Pick<RequestView, 'entitlements' | 'rules' | 'privileged' | 'about'> {
  readonly act?: string;
  /** Why it does not count: too few decisions whose proof still holds. */
  readonly why?: string;
}

/** What the record and the policy in force say of one entitlement. */
export interface Entitled {
  /** What the policy and the record call it: Datadog may call it something else by now, and the caller anything. */
  readonly names: readonly string[];
  /** The policy grants it to this person without an approval. */
  readonly isGranted: boolean;
  /** Rules of the policy that grant it to this person once it is approved. */
  readonly onApproval: readonly string[];
  /** It was held when Muster disabled the account. */
  readonly wasHeld: boolean;
  /** Muster has granted it on this account, or adopted it. */
  readonly isOurs: boolean;
  /** It came with the account that Muster created. */
  readonly hasComeAlong?: boolean;
}

export interface OwedRecord {
  readonly because: { readonly personId: string; readonly eventId: string; readonly approvalId?: string };
  /** Absent where no such event is on record. */
  readonly reason?: EventOnRecord;
  readonly person: Pick<PersonRecord, 'lines' | 'accountId'> & { readonly employment: Employment };
  /** What sources say of the person's employment now, and on the day of a hire that is to come. */
  readonly employment: { readonly now: WordOnEmployment; readonly onItsDay: WordOnEmployment };
  /** The change budget, or an operator, lets the event take something away. */
  readonly isAdmitted: boolean;
  /** Muster itself disabled this account when the person last left. */
  readonly isOurDisabling: boolean;
  /** Nobody has accepted in the time that the policy gives a hire. */
  readonly isGivenUp: boolean;
  /** Somebody else who has the new e-mail on record. */
  readonly emailHolder?: string;
  readonly entitled: Entitled;
  /** Absent where none is named, or none of that id is on record. */
  readonly approval?: ApprovalOnRecord;
}

/** Why it is not owed, in words; undefined where it is. */
export function whyNotOwed(
  record: OwedRecord,
  write: AskedWrite,
  { times, nowMs }: { readonly times: Pick<ProcessTimes, 'leadMs'>; readonly nowMs: number },
): string | undefined {
  return (
    whyNotStanding(record) ??
    whyNotDue(record, write, times, nowMs) ??
    whyNotBound(record, write) ??
    judge(record, write, nowMs)
  );
}

/** Why the event is no reason for anything (any more). */
export function whyNotStanding({
  because,
  reason,
  person,
}: Pick<OwedRecord, 'because' | 'reason' | 'person'>): string | undefined {
  const { personId, eventId } = because;
  if (reason === undefined) return `no event ${eventId} is on record`;
  if (reason.event.personId !== personId) return `event ${eventId} is another person's`;
  if (reason.outcome !== undefined) return `event ${eventId} has ended already: ${reason.outcome}`;
  const [stale] = settle([reason.event], person).dropped;
  return stale && `event ${eventId} is ${stale.kind}: ${stale.why}`;
}

const taking: readonly AskedWrite['kind'][] = ['uninvite', 'disable', 'revoke'];

/** A withdrawal that comes while access is taken away comes too late. */
function whyNotDue(
  { because: { eventId }, reason }: OwedRecord,
  { kind }: AskedWrite,
  times: Pick<ProcessTimes, 'leadMs'>,
  nowMs: number,
): string | undefined {
  if (reason?.isWithdrawn === true && !taking.includes(kind)) return `event ${eventId} is withdrawn`;
  // An account that is there already was made when its hire was due.
  const isFollowed = kind === 'invite' || kind === 'uninvite' || kind === 'update';
  if (reason === undefined || (isFollowed && isHire(reason.event))) return undefined;
  return dueAt(reason.event, times) > nowMs ? `event ${eventId} is not due yet` : undefined;
}

function whyNotBound({ because: { personId }, person }: OwedRecord, { accountId }: AskedWrite): string | undefined {
  if (accountId === undefined || person.accountId === accountId) return undefined;
  return `account ${accountId} is not bound to person ${personId}`;
}

function judge(record: OwedRecord, write: AskedWrite, nowMs: number): string | undefined {
  switch (write.kind) {
    case 'create':
    case 'invite':
      return whyNotHired(record);
    case 'enable':
      return whyNotHired(record) ?? whyNotEnabled(record, write);
    case 'update':
      return whyNotEmployed(record.employment.onItsDay, record) ?? whyNotRenamed(record, write);
    case 'grant':
      return whyNotGranted(record, write, nowMs);
    case 'uninvite':
      return isReturn(record) ? whyNotGivenUp(record) : whyNotLeaving(record, write);
    case 'disable':
      return whyNotLeaving(record, write);
    case 'revoke':
      return whyNotRevoked(record, write);
  }
}

const kindOf = ({ reason }: OwedRecord): HrEvent['kind'] | undefined => reason?.event.kind;

/** Events that an account, an invitation or an enabling may follow from. A retry repeats whatever the person's state calls for. */
export const returnKinds: readonly HrEvent['kind'][] = ['joiner', 'updated', 'leaverRescinded', 'reconcile'];

function isReturn(record: OwedRecord): boolean {
  const kind = kindOf(record);
  return kind !== undefined && returnKinds.includes(kind);
}

function whyNotHired(record: OwedRecord): string | undefined {
  if (!isReturn(record)) return `a ${kindOf(record)} makes nobody join`;
  return whyNotEmployed(record.employment.onItsDay, record);
}

/** Where no source says anything, a person who was adopted as somebody who has left has left. */
function whyNotEmployed(word: WordOnEmployment, record: OwedRecord): string | undefined {
  if (kindOf(record) === 'leaver') return 'a leaver gives nothing';
  return word === 'ended' || (word === 'unknown' && record.person.employment === 'left')
    ? 'the record says that the person has left'
    : undefined;
}

function whyNotEnabled({ isOurDisabling, approval }: OwedRecord, { accountId = '' }: AskedWrite): string | undefined {
  if (isOurDisabling) return undefined;
  const why = whyNotApproved(approval, { change: 'enable', accountId });
  return why && `Muster did not disable account ${accountId} when the person last left, and ${why}`;
}

function whyNotRenamed(
  { emailHolder, approval }: OwedRecord,
  { accountId = '', email, isPrivileged }: AskedWrite,
): string | undefined {
  if (email === undefined) return undefined;
  if (emailHolder !== undefined) return `the new e-mail is that of person ${emailHolder} on record`;
  return isPrivileged === true ? whyNotApproved(approval, { change: 'email', accountId }, email) : undefined;
}

/** Whether exactly this change of the account itself is approved. */
function whyNotApproved(
  approval: ApprovalOnRecord | undefined,
  about: AccountChange,
  email?: string,
): string | undefined {
  if (approval === undefined) return 'no approval on record allows it';
  const isIt = approval.about?.change === about.change && approval.act === actWords(about, email);
  return isIt ? approval.why : 'the approval is for something else';
}

function whyNotGranted(record: OwedRecord, write: AskedWrite, nowMs: number): string | undefined {
  const { reason, employment, entitled, approval } = record;
  const word = whyNotEmployed(employment.now, record);
  if (word !== undefined) return word;
  const isToCome = reason !== undefined && isHire(reason.event) && Date.parse(reason.event.effectiveAt) > nowMs;
  if (isToCome && employment.now !== 'employed') return 'the hire has not taken effect yet';
  const isWanted = reason?.event.restore === true ? entitled.wasHeld : entitled.isGranted;
  if (!entitled.names.includes(write.entitlement?.name ?? ''))
    return 'neither the policy in force nor the record names it so';
  if (isWanted && write.isPrivileged !== true) return undefined;
  if (record.because.approvalId === undefined) {
    return isWanted
      ? 'it is privileged, and no approval is named'
      : 'neither the policy in force nor an approval grants it';
  }
  return whyNotCovered({ ...entitled, isGranted: isWanted }, write, approval);
}

/** The rule of a request for a privileged role whose own rule asks for no approval. */
const defaultRule = 'approvals.default';

/** An approval grants what the policy still grants on approval, by the approvers of that rule. */
function whyNotCovered(
  { names, isGranted, onApproval }: Entitled,
  { entitlement, isPrivileged }: AskedWrite,
  approval: ApprovalOnRecord | undefined,
): string | undefined {
  if (approval === undefined) return 'no such approval is on record';
  const { entitlements, rules, privileged = [] } = approval;
  if (!entitlements.some(({ kind, name }) => kind === entitlement?.kind && names.includes(name))) {
    return 'the approval is for something else';
  }
  const isByRule = rules.some((rule) => (rule === defaultRule ? isGranted : onApproval.includes(rule)));
  if (!isByRule) return 'the policy in force does not grant it by the rule that was approved';
  if (isPrivileged === true && !names.some((name) => privileged.includes(name)))
    return 'it is privileged, and was not approved as that';
  return approval.why;
}

/** A leaver in force, or the retry of one. */
function isLeaving(record: OwedRecord): boolean {
  const kind = kindOf(record);
  return kind === 'leaver' || (kind === 'reconcile' && whyNotEmployed(record.employment.now, record) !== undefined);
}

function whyNotLeaving(record: OwedRecord, { isDisabled }: AskedWrite): string | undefined {
  if (!isLeaving(record)) return 'no leaver is the reason';
  return isDisabled === true ? undefined : whyNotAdmitted(record);
}

const whyNotGivenUp = ({ isGivenUp }: OwedRecord): string | undefined =>
  isGivenUp ? undefined : 'the person has time to accept still';

const whyNotAdmitted = ({ isAdmitted }: OwedRecord): string | undefined =>
  isAdmitted ? undefined : 'the change budget has not admitted it';

function whyNotRevoked(record: OwedRecord, write: AskedWrite): string | undefined {
  const { reason, entitled } = record;
  // What a disabled account holds would come back with it.
  if (write.isDisabled === true && kindOf(record) !== 'mover') return undefined;
  if (isLeaving(record)) return whyNotLeaving(record, write);
  if (!entitled.isOurs) return 'Muster has not granted it';
  const isWanted =
    reason?.event.restore === true ? entitled.wasHeld : entitled.isGranted || entitled.onApproval.length > 0;
  if (isWanted) return 'the policy in force grants it';
  // Nobody loses what came with the account.
  return entitled.hasComeAlong ? undefined : whyNotAdmitted(record);
}
