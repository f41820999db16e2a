import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { correlationConflict, waitingFailures } from '../workflows/core/failures.ts';
import type {
  Access,
  Account,
  Entitlement,
  GivenApproval,
  Granted,
  Invitation,
  PersonAttributes,
  ResolvedEntitlement,
} from '../workflows/core/model.ts';
import { entitlementKey } from '../workflows/core/plan.ts';
import { isInDomains } from '../workflows/core/policy.ts';
import { withDatadog } from './attempt.ts';
import { unlessProtected } from './brakes.ts';
import type { Datadog, Ensured } from './datadog/types.ts';
import { DatadogFailure } from './datadog/failures.ts';
import type { Dependencies } from './index.ts';
import { checkedAccount, conflict, refuseStranger } from './lastCheck.ts';
import { lookOnceMore, Withheld } from './lastLook.ts';

/** For whom and because of what a write is made; it becomes the evidence. */
export interface Because {
  readonly personId: string;
  readonly eventId: string;
  /** The policy rule, the approval, or the event's kind. */
  readonly reason: string;
  /** The event's source, or who allowed it. */
  readonly actor: string;
  /** Roles that the next login takes away again, since login mappings are in force and none of them gives these. */
  readonly undoneByLogin?: readonly string[];
  /** Present where somebody had to allow it. */
  readonly approval?: GivenApproval;
}

export interface Holdings {
  readonly access: Access;
  /** Keys of what Muster gave, on record (`entitlementKey`). */
  readonly managed: readonly string[];
  /** Roles that login mappings give; absent where they were not asked for, or the key may not see them. */
  readonly mappedRoleIds?: readonly string[];
}

export interface Correlation {
  readonly account?: Account;
}

/**
 * Activities on one person's account. Each is one Datadog call or a read before a write, and leaves evidence of what it
 * wrote. They may be repeated at any time: what is already so is not written again.
 */
export function createPersonActivities({ datadog, inventory, policy }: Dependencies) {
  /** External people are neither invited nor changed nor disabled, whatever HR says. */
  function refuseExternal(email: string): void {
    if (isInDomains(policy().identity.allowedDomains, email)) return;
    const domain = email.slice(email.lastIndexOf('@') + 1);
    throw ApplicationFailure.nonRetryable(
      `the e-mail's domain ${domain} is outside identity.allowedDomains: nothing is written for external accounts`,
      'OutsideAllowedDomains',
    );
  }

  async function leaveEvidence(
    because: Because,
    step: string,
    ensured: Ensured,
    what: { action: string; before?: unknown; after?: unknown },
  ): Promise<void> {
    // A repeated attempt finds its own earlier write as "already so": that write still needs its evidence.
    if (!ensured.changed && activityInfo().attempt === 1) return;
    const { personId, eventId, reason, actor } = because;
    await inventory.appendEvidence({ personId, eventId, reason, actor, step, at: new Date().toISOString(), ...what });
  }

  async function bind(personId: string, accountId: string): Promise<void> {
    const { conflict: holder } = await inventory.bindAccount(personId, accountId, new Date().toISOString());
    if (holder !== undefined) {
      throw conflict(`account ${accountId} is bound to person ${holder}`);
    }
  }

  /** The inventory's picture of an account follows at once, not with the next sync. */
  async function note(account: Account): Promise<Account> {
    await inventory.writeAccounts({ accounts: [account], seenAt: new Date().toISOString() });
    return account;
  }

  /** By the binding on record, which a person may have changed since the process began. */
  async function correlate(
    api: Datadog,
    { personId, email }: { personId: string; email?: string | undefined },
  ): Promise<Correlation> {
    const accountId = (await inventory.findPerson(personId))?.accountId;
    const bound = accountId === undefined ? undefined : await api.getAccount(accountId);
    if (bound !== undefined) {
      refuseExternal(bound.email);
      return { account: await note(bound) };
    }
    if (email === undefined) return {};
    const named = (await api.findAccountsByAddress(email)).filter((account) => !account.isServiceAccount);
    const [account, second] = named.filter((one) => one.email.toLowerCase() === email.toLowerCase());
    if (second !== undefined) {
      throw conflict(`accounts ${named.map(({ id }) => id).join(' and ')} have this person's e-mail`);
    }
    if (account === undefined) {
      const [other] = named;
      // A handle keeps the first e-mail for ever: the address may be somebody else's now.
      if (other !== undefined)
        throw conflict(`account ${other.id} has this person's e-mail as its handle, and another e-mail`);
      return {};
    }
    await bind(personId, account.id);
    return { account: await note(account) };
  }

  return {
    /** The person's account: the bound one, else the one human account with exactly this e-mail, which is then bound. */
    async correlateAccount(person: { personId: string; email?: string }): Promise<Correlation> {
      if (person.email !== undefined) refuseExternal(person.email);
      return withDatadog(datadog, (api) => correlate(api, person));
    },

    /** Fails until it is clear whose account it is (and, where one is needed, until there is one); is retried. */
    async awaitCorrelation(personId: string, email?: string, isAccountNeeded = false): Promise<void> {
      try {
        await withDatadog(datadog, async (api) => {
          const { account } = await correlate(api, { personId, email });
          if (account !== undefined) await refuseStranger(inventory, personId, account);
          else if (isAccountNeeded) throw ApplicationFailure.nonRetryable('no account is theirs', correlationConflict);
        });
      } catch (error) {
        if (!(error instanceof ApplicationFailure) || error.type !== correlationConflict) throw error;
        throw ApplicationFailure.create({
          type: waitingFailures.StillHeld,
          message: error.message,
          category: ApplicationFailureCategory.BENIGN,
        });
      }
    },

    /** Fails until SSO has made the person's account at their first login; is retried. Somebody's pending invitation would block that. */
    async awaitFirstLogin(personId: string, email: string): Promise<void> {
      try {
        const { account } = await withDatadog(datadog, (api) => correlate(api, { personId, email }), {
          priority: 'sync',
        });
        if (account === undefined || account.status === 'pending') throw stillPending('nobody has logged in yet');
      } catch (error) {
        if (!(error instanceof ApplicationFailure) || error.type !== correlationConflict) throw error;
        throw stillPending(error.message);
      }
    },

    async resolveEntitlements(entitlements: readonly Entitlement[]): Promise<readonly ResolvedEntitlement[]> {
      const known = await inventory.knownEntitlementIds(entitlements);
      const resolved = await withDatadog(datadog, (api) => api.resolve(entitlements, known));
      const isNew = ({ kind, name }: Entitlement) => !known.has(entitlementKey({ kind, id: name }));
      const learnt = resolved.filter(isNew);
      if (learnt.length > 0) await inventory.rememberEntitlementIds(learnt, new Date().toISOString());
      return resolved;
    },

    /** Creates the account without roles. A conflict means that it exists: correlate again. */
    async createAccount(person: PersonAttributes, because: Because): Promise<Account> {
      return withDatadog(datadog, async (api) => {
        const account = await createOrFind();
        await bind(because.personId, account.id);
        return note(account);

        async function createOrFind(): Promise<Account> {
          try {
            const created = await api.createAccount(person);
            await leaveEvidence(
              because,
              'createAccount',
              { changed: true },
              {
                action: 'create account',
                after: summarise(created),
              },
            );
            return created;
          } catch (error) {
            if (!(error instanceof DatadogFailure) || error.type !== 'Conflict') throw error;
            const found = (await api.findAccountsByEmail(person.email)).find((account) => !account.isServiceAccount);
            // Found by nobody's e-mail: a handle keeps an address that was given up, or the list lags behind.
            if (found === undefined)
              throw conflict(`the address is taken in Datadog, and no account has it as its e-mail`);
            await leaveEvidence(
              because,
              'createAccount',
              { changed: false },
              {
                action: 'create account',
                after: summarise(found),
              },
            );
            return found;
          }
        }
      });
    },

    async enableAccount(accountId: string, because: Because): Promise<Account> {
      return withDatadog(datadog, async (api) => {
        await checkedAccount(api, inventory, { personId: because.personId, accountId });
        const ensured = await api.ensureEnabled(accountId);
        await leaveEvidence(because, 'enableAccount', ensured, {
          action: 'enable account',
          before: summarise(ensured.before),
          after: summarise(ensured.after),
        });
        return note(required(ensured.after, accountId));
      });
    },

    async updateAccount(
      accountId: string,
      wanted: { email?: string; name?: string; title?: string },
      because: Because,
    ): Promise<Account> {
      return withDatadog(datadog, async (api) => {
        await checkedAccount(api, inventory, { personId: because.personId, accountId });
        const ensured = await api.ensureAttributes(accountId, wanted);
        await leaveEvidence(because, 'updateAccount', ensured, {
          action: 'update account',
          before: pick(ensured.before, wanted),
          after: pick(ensured.after, wanted),
        });
        return note(required(ensured.after, accountId));
      });
    },

    async sendInvitation(accountId: string, because: Because, round: number): Promise<Invitation> {
      return withDatadog(datadog, async (api) => {
        const invitation = await api.sendInvitation(accountId);
        await inventory.recordInvitation({
          personId: because.personId,
          accountId,
          invitationId: invitation.id,
          sentAt: new Date().toISOString(),
          expiresAt: invitation.expiresAt,
        });
        await leaveEvidence(
          because,
          `sendInvitation:${round}`,
          { changed: true },
          {
            action: 'send invitation',
            after: invitation,
          },
        );
        return invitation;
      });
    },

    async cancelInvitations(accountId: string, because: Because): Promise<void> {
      await withDatadog(datadog, async (api) => {
        await api.cancelInvitations(accountId);
        await leaveEvidence(because, 'cancelInvitations', { changed: true }, { action: 'cancel invitations' });
      });
    },

    /** What the account holds now, and which of it is on record as given by Muster. */
    async readHoldings(
      personId: string,
      accountId: string,
      { withMappings = false }: { readonly withMappings?: boolean } = {},
    ): Promise<Holdings | undefined> {
      return withDatadog(datadog, async (api) => {
        const [access, grants, mappedRoleIds] = await Promise.all([
          api.getAccess(accountId),
          inventory.listGrants({ personId, open: true, limit: 1000, offset: 0 }),
          withMappings ? rolesOfMappings(api) : undefined,
        ]);
        if (access !== undefined) await note(access.account);
        if (access === undefined) return undefined;
        const managed = grants.filter(isGiven).map(entitlementKey);
        return { access, managed, ...(mappedRoleIds === undefined ? {} : { mappedRoleIds }) };
      });
    },

    /** Called for what the plan found missing, so that a grant on record is one that Muster gave. */
    async grant(accountId: string, entitlement: ResolvedEntitlement, because: Because): Promise<Granted> {
      const assignment = { personId: because.personId, entitlement, approval: because.approval };
      return withDatadog(datadog, async (api) => {
        await checkedAccount(api, inventory, { personId: because.personId, accountId });
        let ensured: Ensured;
        try {
          ensured = await api.ensureGranted(accountId, entitlement, () => lookOnceMore(api, inventory, assignment));
        } catch (error) {
          if (error instanceof Withheld) return error.granted;
          throw error;
        }
        await inventory.openGrant({
          personId: because.personId,
          accountId,
          ...entitlement,
          since: new Date().toISOString(),
          reason: because.approval === undefined ? 'birthright' : 'request',
          because: because.reason,
        });
        await leaveEvidence(because, `grant:${entitlementKey(entitlement)}`, ensured, {
          action: `assign ${entitlement.kind}`,
          after: because.undoneByLogin?.includes(entitlement.id)
            ? { ...entitlement, undoneByLogin: true }
            : entitlement,
        });
        return { given: true };
      });
    },

    async revoke(accountId: string, entitlement: ResolvedEntitlement, because: Because): Promise<void> {
      await withDatadog(datadog, async (api) => {
        await checkedAccount(api, inventory, { personId: because.personId, accountId });
        const ensured = await api.ensureRevoked(accountId, entitlement);
        await inventory.closeGrant(because.personId, entitlement, new Date().toISOString());
        await leaveEvidence(because, `revoke:${entitlementKey(entitlement)}`, ensured, {
          action: `remove ${entitlement.kind}`,
          before: entitlement,
        });
      });
    },

    async disableAccount(accountId: string, because: Because): Promise<void> {
      await withDatadog(datadog, async (api) => {
        const account = await checkedAccount(api, inventory, { personId: because.personId, accountId });
        const ensured = await unlessProtected({ inventory, policy }, { api, account }, () =>
          api.ensureDisabled(accountId),
        );
        await leaveEvidence(because, 'disableAccount', ensured, {
          action: 'disable account',
          before: summarise(ensured.before),
          after: summarise(ensured.after),
        });
        await note(required(ensured.after, accountId));
      });
      await inventory.clearPending(because.personId);
    },

    /** Application keys die with the account, API keys outlive it. Best effort: what the key may not see is named. */
    async listOwnedKeys(accountId: string) {
      return withDatadog(datadog, (api) => api.listOwnedKeys(accountId));
    },

    /**
     * The fallback for a person whose acceptance no sync reports: fails until the account is Active, and is retried.
     * The first attempt asks nothing, since the account was Pending a moment ago.
     */
    async awaitAcceptance(accountId: string): Promise<void> {
      const account =
        activityInfo().attempt === 1
          ? undefined
          : await withDatadog(datadog, (api) => api.getAccount(accountId), { priority: 'sync' });
      if (account?.status !== 'active') {
        throw stillPending('the invitation has not been accepted yet');
      }
    },
  };
}

const stillPending = (message: string): ApplicationFailure =>
  ApplicationFailure.create({
    type: waitingFailures.StillPending,
    message,
    category: ApplicationFailureCategory.BENIGN,
  });

/** `GET /authn_mappings`; a process goes on without. */
async function rolesOfMappings(api: Datadog): Promise<readonly string[] | undefined> {
  try {
    const mappings = await api.listNhis('authnMapping');
    return mappings.flatMap(({ details }) => (typeof details['roleId'] === 'string' ? [details['roleId']] : []));
  } catch (error) {
    if (error instanceof DatadogFailure && error.type === 'NotAuthorized') return undefined;
    throw error;
  }
}

const summarise = (account: Account | undefined) =>
  account && { id: account.id, status: account.status, roleIds: account.roleIds };

/** Of an account its id and the fields that were asked for. */
const pick = (account: Account | undefined, wanted: { email?: string; name?: string; title?: string }) =>
  account && {
    id: account.id,
    ...('email' in wanted ? { email: account.email } : {}),
    ...('name' in wanted ? { name: account.name } : {}),
    ...('title' in wanted ? { title: account.title } : {}),
  };

const isGiven = (grant: { reason: string }): boolean => grant.reason !== 'preexisting';

function required(account: Account | undefined, id: string): Account {
  if (account !== undefined) return account;
  throw ApplicationFailure.retryable(`account ${id} did not read back`, 'UnexpectedResponse');
}
