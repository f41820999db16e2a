import { ApplicationFailure } from '@temporalio/common';
import { approvalNeeded, decisionsLapsed } from '../../domain/failures.ts';
import type {
  Access,
  Account,
  Entitlement,
  Granted,
  Invitation,
  PersonAttributes,
  ResolvedEntitlement,
} from '../../domain/model.ts';
import { entitlementKey } from '../../domain/access/plan.ts';
import { isPrivileged } from '../../domain/access/privileged.ts';
import { withDatadog } from '../attempt.ts';
import { unlessProtected } from './leaving.ts';
import { createCorrelation, type Correlation } from './correlate.ts';
import { DatadogFailure, isFailure } from '../../datadog/failures.ts';
import { checkedAccount, conflict } from './ownership.ts';
import { lapsedDecisions, lookOnceMore, Withheld } from './stillAllowed.ts';
import { managedOn } from './managed.ts';
import { rolesOfMappings } from './loginMappings.ts';
import { resolveAndKeep } from './resolveNames.ts';
import { holdsRole } from './protection.ts';
import { settleOpenWrites, summarize, written, type Write } from './recordedWrite.ts';
import type { Because } from '../../domain/evidence.ts';
import type { Dependencies } from '../dependencies.ts';

export interface Holdings {
  readonly access: Access;
  /** Keys of what Muster gave, on record (`entitlementKey`). */
  readonly managed: readonly string[];
  /** Roles that login mappings give; absent where they were not asked for, or the key may not see them. */
  readonly mappedRoleIds?: readonly string[];
}

/**
 * Activities on one person's account. Each is one Datadog call or a read before a write, and leaves evidence of what it
 * wrote. They may be repeated at any time: what is already so is not written again.
 */
export function createPersonActivities({ datadog, inventory, policy }: Dependencies) {
  const { refuseExternal, pendingInvitation, bind, note, correlate } = createCorrelation({ inventory, policy });

  async function refuseLapsed({ personId, approval }: Because): Promise<void> {
    const lapsed = approval === undefined ? [] : await lapsedDecisions(inventory, personId, approval);
    if (lapsed.length === 0) return;
    const message = 'those who allowed it may not decide any more';
    throw ApplicationFailure.create({ type: decisionsLapsed, message, nonRetryable: true, details: [lapsed] });
  }

  return {
    /**
     * The person's account: the bound one, else the one human account with exactly this e-mail, which is then bound. Of
     * somebody who leaves it is the account's own e-mail that counts: an address that HR changed must not keep it alive.
     */
    async correlateAccount(person: { personId: string; email?: string; isLeaving?: true }): Promise<Correlation> {
      if (person.email !== undefined && person.isLeaving !== true) refuseExternal(person.email);
      return withDatadog(datadog, (api) => correlate(api, person));
    },

    async resolveEntitlements(entitlements: readonly Entitlement[]): Promise<readonly ResolvedEntitlement[]> {
      return withDatadog(datadog, (api) => resolveAndKeep(api, inventory, entitlements));
    },

    /** Creates the account without roles. A conflict means that it exists: correlate again. */
    async createAccount(person: PersonAttributes, because: Because): Promise<Account> {
      return withDatadog(datadog, async (api) => {
        const write = {
          step: 'createAccount',
          action: 'create account',
          wanted: { kind: 'created' },
          said: ({ after }) => ({ before: null, after: summarize(after) }),
        } satisfies Write;
        const { after } = await written(inventory, because, write, async (hooks) => {
          try {
            return { changed: true, after: await api.createAccount(person, hooks) };
          } catch (error) {
            if (!(error instanceof DatadogFailure) || error.type !== 'Conflict') throw error;
            const found = (await api.findAccountsByEmail(person.email)).find((account) => !account.isServiceAccount);
            // Found by nobody's e-mail: a handle keeps an address that was given up, or the list lags behind.
            if (found === undefined)
              throw conflict(`the address is taken in Datadog, and no account has it as its e-mail`);
            return { changed: false, after: found };
          }
        });
        await bind(because.personId, after.id);
        return note(after);
      });
    },

    /** Enables it. Throws `DecisionsLapsed` where those who allowed it may not decide any more. */
    async enableAccount(accountId: string, because: Because): Promise<Account> {
      return withDatadog(datadog, async (api) => {
        await checkedAccount(api, inventory, { personId: because.personId, accountId });
        await refuseLapsed(because);
        const write = {
          accountId,
          step: 'enableAccount',
          action: 'enable account',
          wanted: { kind: 'enabled' },
        } as const;
        const { after } = await written(inventory, because, { ...write, said: bothSummarized }, (hooks) =>
          api.ensureEnabled(accountId, hooks),
        );
        return note(required(after, accountId));
      });
    },

    /** Throws `ApprovalNeeded` for an e-mail that nobody has allowed, of an account with a privileged role. */
    async updateAccount(
      accountId: string,
      wanted: { email?: string; name?: string; title?: string },
      because: Because,
    ): Promise<Account> {
      if (wanted.email !== undefined) refuseExternal(wanted.email);
      return withDatadog(datadog, async (api) => {
        const account = await checkedAccount(api, inventory, { personId: because.personId, accountId });
        await refuseLapsed(because);
        if (
          wanted.email !== undefined &&
          because.approval === undefined &&
          (await holdsRole(api, account, isPrivileged))
        ) {
          throw ApplicationFailure.nonRetryable(
            `account ${accountId} holds a privileged role: its e-mail changes once somebody has allowed it`,
            approvalNeeded,
          );
        }
        const write = {
          accountId,
          step: 'updateAccount',
          action: 'update account',
          wanted: { kind: 'attributes', ...wanted },
          said: ({ before, after }) => ({ before: pick(before, wanted), after: pick(after, wanted) }),
        } satisfies Write;
        const { after } = await written(inventory, because, write, (hooks) =>
          api.ensureAttributes(accountId, wanted, hooks),
        ).catch((error: unknown) => {
          throw wanted.email !== undefined && isFailure(error, 'Conflict') ? addressTaken() : error;
        });
        return note(required(after, accountId));
      });
    },

    async sendInvitation(accountId: string, because: Because, round: number): Promise<Invitation> {
      return withDatadog(datadog, async (api) => {
        let sent: Invitation | undefined;
        const before = await pendingInvitation(because.personId);
        const write = {
          accountId,
          step: `sendInvitation:${round}`,
          action: 'send invitation',
          wanted: { kind: 'unreadable' },
          // At least once: each request may have sent an e-mail.
          said: ({ asked }) => ({ before, after: { accountId, ...sent, ...(asked > 1 ? { requests: asked } : {}) } }),
        } satisfies Write;
        await written(inventory, because, write, async (hooks) => {
          sent = await api.sendInvitation(accountId, hooks);
          await inventory.recordInvitation({
            personId: because.personId,
            accountId,
            invitationId: sent.id,
            sentAt: new Date().toISOString(),
            expiresAt: sent.expiresAt,
          });
          return { changed: true };
        });
        return sent as Invitation;
      });
    },

    async cancelInvitations(accountId: string, because: Because): Promise<void> {
      await withDatadog(datadog, async (api) => {
        const before = await pendingInvitation(because.personId);
        const write = {
          accountId,
          step: 'cancelInvitations',
          action: 'cancel invitations',
          wanted: { kind: 'unreadable' },
          said: ({ asked }) => ({
            before,
            after: { accountId, invitations: [], ...(asked > 1 ? { requests: asked } : {}) },
          }),
        } satisfies Write;
        await written(inventory, because, write, (hooks) => api.cancelInvitations(accountId, hooks));
      });
    },

    /** What the account holds now, and which of it is on record as given by Muster. */
    async readHoldings(
      personId: string,
      accountId: string,
      { withMappings = false }: { readonly withMappings?: boolean } = {},
    ): Promise<Holdings | undefined> {
      return withDatadog(datadog, async (api) => {
        const [access, mappedRoleIds] = await Promise.all([
          api.getAccess(accountId),
          withMappings ? rolesOfMappings(api) : undefined,
        ]);
        if (access === undefined) return undefined;
        await note(access.account);
        await settleOpenWrites(inventory, personId, access.account, access);
        const managed = await managedOn(inventory, personId, accountId);
        return { access, managed, ...(mappedRoleIds === undefined ? {} : { mappedRoleIds }) };
      });
    },

    /** Called for what the plan found missing, so that a grant on record is one that Muster gave. */
    async grant(accountId: string, entitlement: ResolvedEntitlement, because: Because): Promise<Granted> {
      const assignment = { personId: because.personId, entitlement, approval: because.approval };
      return withDatadog(datadog, async (api) => {
        await checkedAccount(api, inventory, { personId: because.personId, accountId });
        const write = {
          accountId,
          step: `grant:${entitlementKey(entitlement)}`,
          action: `assign ${entitlement.kind}`,
          wanted: {
            kind: 'given',
            entitlement,
            reason: because.approval === undefined ? 'birthright' : 'request',
            because: because.reason,
          },
          said: () => ({
            before: { accountId, held: false },
            after: {
              accountId,
              ...entitlement,
              ...(because.undoneByLogin?.includes(entitlement.id) ? { undoneByLogin: true } : {}),
            },
          }),
        } satisfies Write;
        try {
          await written(inventory, because, write, (hooks) =>
            api.ensureGranted(accountId, entitlement, {
              ...hooks,
              before: async (found) => {
                await lookOnceMore(api, inventory, assignment);
                await hooks.before(found);
              },
            }),
          );
        } catch (error) {
          if (error instanceof Withheld) return error.granted;
          throw error;
        }
        return { given: true };
      });
    },

    async revoke(accountId: string, entitlement: ResolvedEntitlement, because: Because): Promise<void> {
      await withDatadog(datadog, async (api) => {
        await checkedAccount(api, inventory, { personId: because.personId, accountId });
        const write = {
          accountId,
          step: `revoke:${entitlementKey(entitlement)}`,
          action: `remove ${entitlement.kind}`,
          wanted: { kind: 'taken', entitlement },
          said: () => ({ before: { accountId, ...entitlement }, after: { accountId, held: false } }),
        } satisfies Write;
        await written(inventory, because, write, (hooks) => api.ensureRevoked(accountId, entitlement, hooks));
      });
    },

    async disableAccount(accountId: string, because: Because): Promise<void> {
      await withDatadog(datadog, async (api) => {
        const account = await checkedAccount(api, inventory, { personId: because.personId, accountId });
        const write = {
          accountId,
          step: 'disableAccount',
          action: 'disable account',
          wanted: { kind: 'disabled' },
        } as const;
        const { after } = await unlessProtected({ inventory, policy }, { api, account }, () =>
          written(inventory, because, { ...write, said: bothSummarized }, (hooks) =>
            api.ensureDisabled(accountId, hooks),
          ),
        );
        await note(required(after, accountId));
      });
      await inventory.clearPending(because.personId);
    },

    /** Application keys die with the account, API keys outlive it. Best effort: what the key may not see is named. */
    async listOwnedKeys(accountId: string) {
      return withDatadog(datadog, (api) => api.listOwnedKeys(accountId));
    },
  };
}

/** Two people who swap their addresses meet this: each address is the other's handle, and Datadog takes neither. */
const addressTaken = (): DatadogFailure =>
  new DatadogFailure(
    'Conflict',
    'Datadog refuses the new e-mail: it is the e-mail or the handle of another account, and a handle keeps its first address for ever; ' +
      'this account keeps its old e-mail, and is this person’s all the same',
    { status: 409 },
  );

const bothSummarized: Write['said'] = ({ before, after }) => ({ before: summarize(before), after: summarize(after) });

/** Of an account its id and the fields that were asked for. */
const pick = (account: Account | undefined, wanted: { email?: string; name?: string; title?: string }) =>
  account && {
    id: account.id,
    ...('email' in wanted ? { email: account.email } : {}),
    ...('name' in wanted ? { name: account.name } : {}),
    ...('title' in wanted ? { title: account.title } : {}),
  };

function required(account: Account | undefined, id: string): Account {
  if (account !== undefined) return account;
  throw ApplicationFailure.retryable(`account ${id} did not read back`, 'UnexpectedResponse');
}
