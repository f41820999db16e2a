import type {
  Access,
  Account,
  HrEvent,
  KnownPerson,
  PersonAttributes,
  ProcessType,
  ResolvedEntitlement,
} from '../model.ts';
import type { Activation } from '../policy/rules.ts';
import { differingAttributes } from './attributes.ts';
import type { ExceededLimit, Takes } from './changeBudget.ts';
import { endByAccount, endByRecord, isNeverSeen, type EarlyEnd } from './earlyEnd.ts';
import { entitlementKey, heldEntitlements, pickResolved, planAccess, type ResolvedAccess } from './plan.ts';
import type { Protection } from './protection.ts';
import { renamed, undecidableWords, undoneByLogin, undoneWords } from './warnings.ts';

/** Everything that decides what an event does. An activity gathers it; here it is judged. */
export interface Situation {
  readonly process: ProcessType;
  readonly event: Pick<HrEvent, 'restore'>;
  /** Before the event; empty for somebody who was never seen. */
  readonly record: Omit<KnownPerson, 'lines'>;
  /** HR's word after the event. */
  readonly person?: PersonAttributes;
  readonly activation: Activation;
  /** What the account holds; absent without an account. */
  readonly access?: Access;
  /** Why the account is not safely theirs. */
  readonly conflict?: string;
  /** Absent for a leaver. */
  readonly wanted?: ResolvedAccess;
  /** Keys of what Muster granted, on record. */
  readonly managed: readonly string[];
  /** Roles that login mappings grant, as far as the key may see them. */
  readonly mappedRoleIds?: readonly string[];
  /** The account that Muster disabled when the person last left. */
  readonly disabledId?: string;
  readonly holdsPrivilegedRole: boolean;
  /** Whether the policy names somebody who may allow a change of the account itself. */
  readonly isAskable: boolean;
  readonly protection?: Protection;
  /** Permissions that would show more. */
  readonly notVisible: readonly string[];
}

/** What an event does: `--dry-run` prints it, observe mode writes it down, and the process carries it out. */
export interface ProcessPlan {
  /** `madeAtFirstLogin`: by SSO, with `activation: jit`. */
  readonly account: 'found' | 'wouldBeCreated' | 'madeAtFirstLogin' | 'none';
  readonly accountId?: string;
  readonly status?: Account['status'];
  /** Present where no access changes. */
  readonly end?: EarlyEnd;
  readonly wouldInvite: boolean;
  /** Present where something is taken away above the change budget: the limit. */
  readonly heldAbove?: ExceededLimit;
  /** Present for a leaver whose account must stay: why. */
  readonly protection?: Protection;
  /** What happens to the account itself: by the event, and once approved. */
  readonly changes: readonly PlannedChange[];
  readonly changesOnceAllowed: readonly PlannedChange[];
  readonly adds: readonly ResolvedEntitlement[];
  readonly removes: readonly ResolvedEntitlement[];
  /** Held, not wanted, not Muster's: stays. */
  readonly excess: readonly ResolvedEntitlement[];
  /** Not held, and granted only once it is approved. */
  readonly approvalsNeeded: readonly ResolvedEntitlement[];
  /** Wanted, and not done. */
  readonly withheld: readonly Withheld[];
  /** Permissions that would show more. */
  readonly notVisible: readonly string[];
  /** What somebody should know before. */
  readonly warnings: readonly string[];
}

/** Such as `update title`, with the new value. */
export interface PlannedChange {
  readonly what: string;
  readonly to?: string;
}

interface Withheld {
  /** Such as `assign role Datadog Admin Role`. */
  readonly part: string;
  readonly why: string;
}

export const emptyPlan = {
  wouldInvite: false,
  changes: [],
  changesOnceAllowed: [],
  adds: [],
  removes: [],
  excess: [],
  approvalsNeeded: [],
  withheld: [],
  notVisible: [],
  warnings: [],
} as const satisfies Omit<ProcessPlan, 'account'>;

export function planProcess(situation: Situation): ProcessPlan {
  const { process, access, notVisible } = situation;
  const end = endOf(situation);
  const base: ProcessPlan = {
    ...emptyPlan,
    account: access === undefined ? 'none' : 'found',
    accountId: access?.account.id,
    status: access?.account.status,
    notVisible: [
      ...new Set([...(access?.teamsNotVisible === undefined ? [] : [access.teamsNotVisible]), ...notVisible]),
    ],
    end,
  };
  if (end !== undefined) {
    const isAligned = process === 'roleChange' && access?.account.status === 'pending' && end.kind === 'nothingToDo';
    return isAligned && endByRecord(knownOf(situation)) === undefined
      ? { ...base, ...planAttributes(situation, access.account) }
      : base;
  }
  return process === 'offboarding' ? planLeaving(situation, base) : planGranting(situation, base);
}

const knownOf = ({ process, record, person }: Situation) => ({
  process,
  employment: record.employment,
  isKnown: person !== undefined,
});

/** Whether it ends, or waits, without a change of access. */
function endOf(situation: Situation): EarlyEnd | undefined {
  const { event, record, access, conflict, disabledId } = situation;
  const known = knownOf(situation);
  return (
    endByRecord(known) ??
    endByAccount({
      ...known,
      account: access?.account,
      conflict,
      isNeverSeen: isNeverSeen(record),
      isRestore: event.restore === true,
      disabledId,
    })
  );
}

function planGranting(situation: Situation, base: ProcessPlan): ProcessPlan {
  const { access, activation, managed, mappedRoleIds } = situation;
  const wanted = situation.wanted ?? { desired: { entitlements: [], requests: [] }, resolved: [] };
  const status = access?.account.status ?? 'pending';
  const enabling = status === 'disabled' && access !== undefined ? planEnabling(situation, access) : undefined;
  if (enabling?.end !== undefined) return { ...base, ...enabling };
  const isAwaited = activation === 'jit' && status === 'pending';
  // What a disabled account holds goes before it is enabled.
  const actual = access === undefined || enabling !== undefined ? { roles: [], teams: [] } : access;
  const plan = planAccess(wanted, { actual, managed });
  const held = new Set(heldEntitlements(actual).map(entitlementKey));
  const approvalsNeeded = plan.ask
    .flatMap(({ entitlements }) => pickResolved(entitlements, wanted.resolved))
    .filter((one) => !held.has(entitlementKey(one)));
  const undone = undoneByLogin([...plan.add, ...approvalsNeeded], mappedRoleIds);
  const aligned = access === undefined ? undefined : (enabling ?? planAttributes(situation, access.account));
  return {
    ...base,
    ...(access === undefined ? { account: 'wouldBeCreated' as const } : {}),
    ...(isAwaited ? { account: 'madeAtFirstLogin' as const } : { wouldInvite: status === 'pending' }),
    ...aligned,
    adds: plan.add,
    removes: [...(enabling?.removes ?? []), ...plan.remove, ...plan.removeLater],
    excess: plan.excess,
    approvalsNeeded,
    withheld: [
      ...(aligned?.withheld ?? []),
      ...plan.withheld.map(({ entitlement: { kind, name }, why }) => ({ part: `assign ${kind} ${name}`, why })),
    ],
    warnings: [...renamed(wanted.resolved), ...undone.map(({ name }) => undoneWords(name))],
  };
}

/** What the account holds still would come back with it, so it goes first. */
function planEnabling(
  situation: Situation,
  access: Access,
): Pick<ProcessPlan, 'end' | 'changes' | 'changesOnceAllowed' | 'withheld' | 'removes'> {
  const { disabledId, isAskable } = situation;
  const { id } = access.account;
  const removes = heldEntitlements(access);
  // Its privileged roles are gone by then: an e-mail changes freely.
  const { changes } = planAttributes({ ...situation, holdsPrivilegedRole: false }, access.account);
  const done = { changesOnceAllowed: [], withheld: [], removes };
  if (disabledId === id) return { ...done, changes: [{ what: 'enable account' }, ...changes] };
  if (isAskable) {
    return { ...done, changes, changesOnceAllowed: [{ what: 'enable account, which somebody else has disabled' }] };
  }
  const detail = `somebody else has disabled account ${id}, and ${undecidableWords}`;
  return { ...done, end: { kind: 'failed', detail }, changes: [], removes: [] };
}

/** The e-mail of an account with a privileged role changes only once approved. */
function planAttributes(
  { person, holdsPrivilegedRole, isAskable }: Situation,
  account: Account,
): Pick<ProcessPlan, 'changes' | 'changesOnceAllowed' | 'withheld'> {
  const { email, ...others } = person === undefined ? {} : differingAttributes(account, person);
  const changes: PlannedChange[] = Object.entries(others).map(([field, to]) => ({ what: `update ${field}`, to }));
  if (email === undefined) return { changes, changesOnceAllowed: [], withheld: [] };
  const change: PlannedChange = { what: 'update email', to: email };
  if (!holdsPrivilegedRole) return { changes: [...changes, change], changesOnceAllowed: [], withheld: [] };
  return isAskable
    ? { changes, changesOnceAllowed: [change], withheld: [] }
    : { changes, changesOnceAllowed: [], withheld: [{ part: 'update email', why: undecidableWords }] };
}

function planLeaving({ access, protection }: Situation, base: ProcessPlan): ProcessPlan {
  if (access === undefined) return base;
  const { status } = access.account;
  const removes = heldEntitlements(access);
  if (status === 'disabled') return { ...base, removes };
  return {
    ...base,
    protection,
    changes: [...(status === 'pending' ? [{ what: 'cancel invitations' }] : []), { what: 'disable account' }],
    removes,
  };
}

/** What the plan takes away, at first; undefined where nothing, or where nobody uses the account. */
export function takenBy({ status, changes, removes }: ProcessPlan): Takes | undefined {
  const isChanged = (what: string): boolean => changes.some((change) => change.what === what);
  if (isChanged('update email') && status !== 'pending') return 'email';
  return isChanged('disable account') || (removes.length > 0 && status !== 'disabled') ? 'access' : undefined;
}

/** Without what HR says of the person, as Temporal may hold it. */
export const withoutValues = (plan: ProcessPlan): ProcessPlan => ({
  ...plan,
  changes: plan.changes.map(({ what }) => ({ what })),
  changesOnceAllowed: plan.changesOnceAllowed.map(({ what }) => ({ what })),
});
