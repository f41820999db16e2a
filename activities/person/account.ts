import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { accountOf } from '../../domain/access/correlation.ts';
import { differingAttributes, type AttributeChanges } from '../../domain/access/attributes.ts';
import { actWords } from '../../domain/approvals.ts';
import { isPrivileged } from '../../domain/access/privileged.ts';
import type { Because } from '../../domain/evidence.ts';
import { approvalNeeded, disableRefused, removalHeld } from '../../domain/failures.ts';
import type { Account, FollowedField, PersonAttributes, SeenAccount } from '../../domain/model.ts';
import { DatadogFailure, isFailure, withoutOn } from '../../datadog/failures.ts';
import { withoutAddresses } from '../../domain/text.ts';
import type { Datadog } from '../../datadog/types.ts';
import { isSoonOver, withDatadog } from '../attempt.ts';
import type { Dependencies } from '../dependencies.ts';
import { bind, correlate, recordAccount, refuseExternal } from './correlation.ts';
import { stillHeld } from './awaiting.ts';
import { approvalFor } from './because.ts';
import { admit } from './changeBudget.ts';
import { ensure, refuseUnowed, type Write, type Writing } from './ensure.ts';
import { lagging, mayLag, notDone } from './lag.ts';
import { takeWhatCame } from './cameWith.ts';
import { summarize } from './openWrites.ts';
import { boundAccount, checkedAccount, conflict } from './ownership.ts';
import { holdsRole, orUnknown, refuseProtected, whileAdministratorsStay } from './protection.ts';
import { refuseLapsed } from './stillAllowed.ts';
import { requiredWord, seenBy } from './word.ts';

/** One attempt of a write because of one event, with what the record says of the person at this moment. */
interface Attempt extends Writing {
  readonly api: Datadog;
  readonly because: Because;
}

type Telling = Attempt & { readonly word: PersonAttributes };

/**
 * Changes of a person's account itself. They may be repeated at any time: a change that is already done is not written again, and
 * what was written leaves evidence. What HR says is read from the record, not taken from the caller.
 */
export function createAccountActivities({ datadog, ...writing }: Dependencies) {
  const { inventory, policy } = writing;
  const attempt = <T>(because: Because, use: (context: Attempt) => Promise<T>): Promise<T> =>
    withDatadog(datadog, (api) => use({ ...writing, api, because }));

  const telling = (because: Because, use: (context: Telling) => Promise<Account>): Promise<SeenAccount> =>
    attempt(because, async (context) => {
      const word = await requiredWord({ inventory, policy }, because);
      try {
        return seenBy(word, await use({ ...context, word }));
      } catch (error) {
        throw withoutWords(error, word);
      }
    });

  async function disable(accountId: string, because: Because): Promise<Disabling> {
    const end = await attempt(because, (context) => disableAccount(context, accountId));
    await inventory.clearPending(because.personId);
    return end;
  }

  return {
    /** Creates the account without roles. Where there is one by now, that one is found, as a correlation finds it. */
    async createAccount(because: Because): Promise<SeenAccount & Found> {
      let isFound = false;
      const account = await telling(because, async (context) => {
        const created = await createAccount(context);
        isFound = created.isFound;
        await takeWhatCame({ api: context.api, inventory, personId: because.personId }, created.account);
        return created.account;
      });
      return { ...account, isFound };
    },

    /** Enables it. Throws `DecisionsLapsed` where the people who approved it may no longer decide. */
    enableAccount: (accountId: string, because: Because): Promise<SeenAccount> =>
      telling(because, (context) => enableAccount(context, accountId)),

    /**
     * These fields follow HR. Throws `ApprovalNeeded` for a new e-mail of a privileged account that nobody has
     * approved, and `RemovalHeld` above the change budget.
     */
    updateAccount: (accountId: string, fields: readonly FollowedField[], because: Because): Promise<SeenAccount> =>
      telling(because, async (context) => {
        const { email, name, title } = context.word;
        const said: AttributeChanges = { email, name, title };
        const wanted = Object.fromEntries(fields.map((field) => [field, said[field]])) as AttributeChanges;
        if (wanted.email !== undefined) refuseExternal(policy(), wanted.email);
        return updateAccount(context, accountId, wanted);
      }),

    /**
     * Throws `ProtectedAccount` where it must stay, and `DisableRefused` where Datadog alone keeps it. An account that is
     * gone gives nobody access.
     */
    disableAccount: disable,

    /** The same after a refusal: fails until it is done or protected, and is retried. Unless it is asked at once, the first attempt asks nothing. */
    async awaitDisabled(accountId: string, because: Because, isAskedAtOnce: boolean): Promise<Disabling> {
      if (activityInfo().attempt === 1 && !isAskedAtOnce) throw stillHeld('Datadog refused it a moment ago');
      try {
        return await disable(accountId, because);
      } catch (error) {
        const isRepeated =
          error instanceof ApplicationFailure && error.type === disableRefused && error.details?.[0] === undefined;
        throw isRepeated ? stillHeld(error.message) : error;
      }
    },
  };
}

/** Datadog repeats in its refusals what it was sent, and failures are kept by Temporal. */
function withoutWords(error: unknown, { name, title }: PersonAttributes): unknown {
  if (!(error instanceof Error)) return error;
  for (const [field, value] of Object.entries({ name, title })) {
    if (value !== undefined && value.trim() !== '') error.message = error.message.replaceAll(value, `[${field}]`);
  }
  return error;
}

interface Found {
  /** The account was there before, and may be disabled, or hold something. */
  readonly isFound: boolean;
}

async function createAccount(context: Telling): Promise<Found & { readonly account: Account }> {
  const { api, inventory, policy, because, word: person } = context;
  const { personId } = because;
  const write: Write = {
    step: 'createAccount',
    action: 'create account',
    wanted: { kind: 'created' },
    send: () => api.createAccount(person),
    mayBeSo: ['Conflict'],
    readBack: async () => ({ account: await accountAt(api, { personId: because.personId, email: person.email }) }),
    said: ({ after }) => ({ before: null, after: summarize(after) }),
  };
  // An operator may have linked one meanwhile, and a request whose reply says nothing may have been carried out.
  const isBound = (await inventory.findPerson(personId))?.accountId !== undefined;
  if (isBound || activityInfo().attempt > 1) {
    const { account } = await correlate({ api, inventory, policy }, { personId, email: person.email });
    if (account !== undefined) {
      await refuseUnowed(context, because, write);
      return { account, isFound: true };
    }
  }
  const { changed, after } = await ensure(context, because, write);
  const account = required(after, 'of this person');
  await bind(inventory, because.personId, account.id);
  return { account: await recordAccount(inventory, account), isFound: !changed };
}

/** Where Datadog says that there is one already, it is found as in any other correlation. */
async function accountAt(
  api: Datadog,
  { personId, email }: { readonly personId: string; readonly email: string },
): Promise<Account> {
  const found = accountOf(await api.findAccountsByAddress(email), email);
  if ('problem' in found) throw conflict(found.problem);
  if (found.account !== undefined) return found.account;
  // An earlier attempt may have created it, of whose reply nothing is known.
  if (activityInfo().attempt > 1 && mayLag())
    throw lagging('the account was created a moment ago, and is not listed yet');
  // A service account has it, or the list lags behind.
  throw conflict(
    'the address is taken in Datadog, and no person’s account has it as its e-mail',
    takenAdvice(personId),
  );
}

const takenAdvice = (personId: string): string =>
  `give the service account that has this address another one in Datadog, or let HR give the person another e-mail: it is tried again after a while, and at once with \`npx muster person retry ${personId}\``;

async function enableAccount(context: Attempt, accountId: string): Promise<Account> {
  const { api, inventory, because } = context;
  const account = await checkedAccount(api, inventory, { personId: because.personId, accountId });
  const { after } = await ensure(context, because, {
    accountId,
    step: 'enableAccount',
    action: 'enable account',
    wanted: { kind: 'enabled' },
    found: { account },
    allowed: () => refuseLapsed(inventory, because),
    async send() {
      const enabled = await api.enableAccount(accountId);
      if (enabled.status === 'disabled') throw notDone(`account ${accountId} does not read back as enabled`);
      return enabled;
    },
    said: bothSummarized,
  });
  return recordAccount(inventory, required(after, accountId));
}

async function updateAccount(context: Attempt, accountId: string, wanted: AttributeChanges): Promise<Account> {
  const { api, inventory, because } = context;
  const account = await checkedAccount(api, inventory, { personId: because.personId, accountId });
  const changes = differingAttributes(account, wanted);
  const { after } = await ensure(context, because, {
    accountId,
    step: 'updateAccount',
    action: 'update account',
    wanted: { kind: 'attributes', ...wanted },
    found: { account },
    async allowed() {
      await refuseLapsed(inventory, because);
      if (changes.email === undefined) return {};
      if (!(await holdsRole(api, account, isPrivileged))) return refuseAboveBudget(context, account);
      const approval = await approvalFor(inventory, because);
      if (approval?.act === actWords({ change: 'email', accountId }, changes.email)) return { isPrivileged: true };
      throw ApplicationFailure.nonRetryable(
        `account ${accountId} holds a privileged role: its e-mail changes only once approved`,
        approvalNeeded,
      );
    },
    send: () => api.updateAccount(accountId, changes),
    said: ({ before, after }) => ({ before: pick(before, wanted), after: pick(after, wanted) }),
  }).catch((error: unknown) => {
    throw changes.email !== undefined && isFailure(error, 'Conflict') ? addressTaken() : error;
  });
  return recordAccount(inventory, required(after, accountId));
}

/** How an account has come to give nobody access. */
type Disabling = 'disabled' | 'gone';

async function disableAccount(context: Attempt, accountId: string): Promise<Disabling> {
  const { api, inventory, policy, because } = context;
  // A reading that Datadog refuses is no reason to wait in silence.
  const read = () => withoutOn(['NotFound'], boundAccount(api, inventory, { ...because, accountId }));
  const account = await orUnknown(accountId, read, ({ type }) => type === 'NotAuthorized');
  if (account === undefined) return 'gone';
  let isAsked = false;
  const { after } = await whileAdministratorsStay(inventory, { api, account }, () =>
    ensure(context, because, {
      accountId,
      step: 'disableAccount',
      action: 'disable account',
      wanted: { kind: 'disabled' },
      found: { account },
      allowed: () => refuseProtected({ api, inventory, policy: policy() }, account),
      send() {
        isAsked = true;
        return api.disableAccount(accountId);
      },
      // Somebody else was quicker: the second request gets a 404.
      mayBeSo: ['NotFound'],
      readBack: async () => ({ account: await api.getAccount(accountId, { withoutRoles: true }) }),
      notSo: () => notDone(`account ${accountId} does not read back as disabled`),
      said: bothSummarized,
    }),
  ).catch((error: unknown) => {
    throw isAsked ? orRefused(error) : error;
  });
  await recordAccount(inventory, required(after, accountId));
  return 'disabled';
}

/** What Datadog answers in vain to the request itself: nothing else keeps the account. */
function orRefused(error: unknown): unknown {
  const { permission } = (isFailure(error) ? error.missing : undefined) ?? {};
  if (!isFailure(error) || permission === 'validKeys' || isSoonOver(error)) return error;
  return ApplicationFailure.create({
    type: disableRefused,
    message: withoutAddresses(error.message),
    nonRetryable: true,
    details: error.missing && [error.missing],
  });
}

/** A person who uses the account may lose it with its e-mail. */
async function refuseAboveBudget({ because, ...context }: Attempt, { id, status }: Account): Promise<void> {
  if (status !== 'active' || (await admit(context, because, 'email')).state === 'admitted') return;
  throw ApplicationFailure.nonRetryable(`the new e-mail of account ${id} is above the change budget`, removalHeld);
}

/** Two people who swap their addresses meet this: each address is the other's handle, and Datadog takes neither. */
const addressTaken = (): DatadogFailure =>
  new DatadogFailure(
    'Conflict',
    'Datadog refuses the new e-mail: it is the e-mail or the handle of another account, and a handle keeps its first address forever; ' +
      'this account keeps its old e-mail, and is this person’s all the same',
    { status: 409 },
  );

const bothSummarized: Write['said'] = ({ before, after }) => ({ before: summarize(before), after: summarize(after) });

/** The account's id and the requested fields. */
const pick = (account: Account | undefined, wanted: AttributeChanges) =>
  account && {
    id: account.id,
    email: 'email' in wanted ? account.email : undefined,
    name: 'name' in wanted ? account.name : undefined,
    title: 'title' in wanted ? account.title : undefined,
  };

function required(account: Account | undefined, id: string): Account {
  if (account !== undefined) return account;
  throw ApplicationFailure.retryable(`account ${id} did not read back`, 'UnexpectedResponse');
}
