import { entitlementKey } from '../../domain/access/plan.ts';
import type { Because } from '../../domain/evidence.ts';
import type { Account, ResolvedEntitlement } from '../../domain/model.ts';
import { DatadogFailure, isFailure } from '../../datadog/failures.ts';
import type { Datadog } from '../../datadog/types.ts';
import { withDatadog } from '../attempt.ts';
import type { Dependencies } from '../dependencies.ts';
import { approvalFor, explain } from './because.ts';
import { ensure, refuseUnowed, type Write, type Writing } from './ensure.ts';
import { isJustCreated, lagging, notDone } from './lag.ts';
import type { Reading } from './openWrites.ts';
import { boundAccount, checkedAccount } from './ownership.ts';
import { rulesGranting } from './rulesGranting.ts';
import { refuseWithheld, Withheld } from './stillAllowed.ts';
import type { Granted } from '../../domain/decision.ts';

/** Roles and teams: their names, and assigning and removing them. */
export function createEntitlementActivities({ datadog, ...writing }: Dependencies) {
  const { inventory, policy } = writing;
  return {
    /** Called for what the plan found missing, so that a grant on record is one that Muster granted. */
    async grant(accountId: string, entitlement: ResolvedEntitlement, because: Because): Promise<Granted> {
      return withDatadog(datadog, (api) => assign(api, writing, { accountId, entitlement, because }));
    },

    async revoke(accountId: string, entitlement: ResolvedEntitlement, because: Because): Promise<void> {
      await withDatadog(datadog, async (api) => {
        const account = await boundAccount(api, inventory, { personId: because.personId, accountId });
        await ensure(writing, because, {
          step: `revoke:${entitlementKey(entitlement)}`,
          action: `remove ${entitlement.kind}`,
          policyHash: policy().hash,
          wanted: { kind: 'taken', entitlement },
          allowed: () => api.refuseManaged(entitlement),
          send: () => api.remove(accountId, entitlement),
          ...(await aroundHeld({ api, account, isShown: async () => true }, entitlement, false)),
          said: () => ({ before: { accountId, ...entitlement }, after: { accountId, held: false } }),
        });
      });
    },
  };
}

interface Grant {
  readonly accountId: string;
  readonly entitlement: ResolvedEntitlement;
  readonly because: Because;
}

async function assign(api: Datadog, writing: Writing, { accountId, entitlement, because }: Grant): Promise<Granted> {
  const { inventory, policy } = writing;
  const { personId } = because;
  const approval = await approvalFor(inventory, because);
  const account = await checkedAccount(api, inventory, { personId, accountId });
  const rules = await rulesGranting({ inventory, policy }, because, entitlement);
  const reason = rules.length === 0 ? (await explain(inventory, because)).reason : `rule ${rules.join(', ')}`;
  const isUndone = because.undoneByLogin?.includes(entitlement.id) === true;
  const isShown = async () => !(await isJustCreated(inventory, { personId, accountId }));
  const write: Write = {
    step: `grant:${entitlementKey(entitlement)}`,
    action: `assign ${entitlement.kind}`,
    policyHash: policy().hash,
    wanted: {
      kind: 'given',
      entitlement,
      reason: approval === undefined ? 'birthright' : 'request',
      because: reason,
    },
    async allowed() {
      await api.refuseManaged(entitlement);
      return refuseWithheld(api, inventory, { because, entitlement });
    },
    send: () => api.assign(accountId, entitlement),
    ...(await aroundHeld({ api, account, isShown }, entitlement, true)),
    said: () => ({
      before: { accountId, held: false },
      after: {
        accountId,
        ...entitlement,
        ...(rules.length === 0 ? {} : { rules }),
        ...(isUndone ? { undoneByLogin: true } : {}),
      },
    }),
  };
  try {
    await ensure(writing, because, write);
  } catch (error) {
    if (!(error instanceof Withheld)) throw error;
    // What nobody wants is not even to be approved.
    const { granted } = error;
    if (!granted.given && granted.because === 'privileged') await refuseUnowed(writing, because, write);
    return granted;
  }
  return { given: true };
}

interface Holder {
  readonly api: Datadog;
  readonly account: Account;
  /** Whether all of Datadog knows the account: not for a while after it was created. */
  readonly isShown: () => Promise<boolean>;
}

/** The readings before and after an entitlement is written, and the meaning of a refusal. */
async function aroundHeld(
  { api, account, isShown }: Holder,
  entitlement: ResolvedEntitlement,
  isWanted: boolean,
): Promise<Pick<Write, 'accountId' | 'found' | 'readBack' | 'mayBeSo' | 'notSo'>> {
  const { id: accountId } = account;
  const { kind, name } = entitlement;

  async function read(known?: Account): Promise<Reading> {
    try {
      if (kind === 'team') return { account, access: { teams: await api.listTeamsOf(accountId) } };
      const current = known ?? (await api.getAccount(accountId));
      if (current !== undefined) return { account: current };
    } catch (error) {
      if (!isFailure(error, 'NotFound')) throw error;
    }
    if (isWanted) throw new DatadogFailure('NotFound', `account ${accountId} does not exist`);
    // An account that is gone holds nothing.
    return { account: { ...account, roleIds: [] }, access: { teams: [] } };
  }

  return {
    accountId,
    found: await read(account),
    // The reply to a write lists the first members only, and a refusal may mean that it is so already.
    readBack: () => read(),
    mayBeSo: ['Conflict', 'NotFound', 'InvalidRequest'],
    async notSo(refusal) {
      if (refusal?.type === 'NotFound' && !(await isShown())) return lagging(refusal.message);
      if (refusal !== undefined && !saysSoAlready(refusal, isWanted)) return refusal;
      const said = refusal === undefined ? '' : ` (${refusal.message})`;
      return notDone(`${kind} ${name}: the change does not read back${said}`);
    },
  };
}

/** A second POST is a 409, a second DELETE a 404: the write was made, and the reading lags behind. */
const saysSoAlready = ({ type, message }: DatadogFailure, isWanted: boolean): boolean =>
  isWanted ? type === 'Conflict' && /already/i.test(message) : type === 'NotFound' || type === 'Conflict';
