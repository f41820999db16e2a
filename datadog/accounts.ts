import type { Account, Invitation } from '../domain/model.ts';
import { fitName } from '../domain/access/names.ts';
import { DatadogFailure } from './failures.ts';
import type { Sender } from './http.ts';
import { readPages } from './paging.ts';
import { invitationsAnswer, parse, toAccount, totalOf, userAnswer, usersAnswer } from './schema.ts';
import type { Datadog, Ensured, WriteHooks } from './types.ts';
import { writing } from './writeHooks.ts';
import { foldCase, isSameText } from '../domain/text.ts';

const read = 'user_access_read';
const manage = 'user_access_manage';
const invite = 'user_access_invite';

type AccountCalls = Pick<
  Datadog,
  | 'findAccountsByEmail'
  | 'findAccountsByAddress'
  | 'getAccount'
  | 'createAccount'
  | 'ensureAttributes'
  | 'ensureEnabled'
  | 'ensureDisabled'
  | 'sendInvitation'
  | 'cancelInvitations'
>;

/** What an invitation lives where the organization sets nothing else. */
const invitationLifetimeMs = 2 * 24 * 60 * 60_000;

export function createAccountCalls(http: Sender): AccountCalls {
  /** `GET /users/{id}`, permission user_access_read. */
  async function getAccount(id: string): Promise<Account | undefined> {
    const operation = 'get user';
    try {
      const answer = await http.send({ method: 'GET', path: userPath(id), operation, permission: read });
      const { data } = parse(userAnswer, answer, operation);
      // Taking an absent list for an empty one would look as if the roles had been given back.
      if (!data.relationships?.roles) {
        throw new DatadogFailure('UnexpectedResponse', `${operation}: data.relationships.roles is missing`);
      }
      return toAccount(data);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function required(id: string): Promise<Account> {
    const account = await getAccount(id);
    if (account === undefined) throw new DatadogFailure('NotFound', `account ${id} does not exist`);
    return account;
  }

  /** `PATCH /users/{id}`, permission user_access_manage. */
  async function patch(
    { id, ...before }: Account,
    attributes: Readonly<Record<string, unknown>>,
    hooks: WriteHooks,
  ): Promise<Account> {
    const operation = 'update user';
    const body = { data: { id, type: 'users', attributes } };
    const answer = await writing(hooks, { id, ...before }, () =>
      http.send({ method: 'PATCH', path: userPath(id), body, operation, permission: manage }),
    );
    return toAccount(parse(userAnswer, answer, operation).data);
  }

  /** `GET /users?filter=`, a substring search: pages are read to the end and compared exactly. */
  async function findAccountsByAddress(address: string): Promise<readonly Account[]> {
    const operation = 'find user';
    const accounts = await readPages(async (page) => {
      const query = { filter: foldCase(address), ...page };
      const answer = await http.send({ method: 'GET', path: '/api/v2/users', query, operation, permission: read });
      const { data, meta } = parse(usersAnswer, answer, operation);
      return { rows: data.map(toAccount), total: totalOf(meta) };
    });
    return accounts.filter(({ email, handle }) => isSameText(email, address) || isSameText(handle, address));
  }

  return {
    getAccount,

    findAccountsByAddress,
    findAccountsByEmail: async (email) =>
      (await findAccountsByAddress(email)).filter((account) => isSameText(account.email, email)),

    /** `POST /users`, permission user_access_invite. Never sent twice by itself. */
    async createAccount({ email, title, ...person }, hooks = {}) {
      const operation = 'create user';
      const name = fitName(person.name);
      const attributes = { email, ...(name === undefined ? {} : { name }), ...(title === undefined ? {} : { title }) };
      const body = { data: { type: 'users', attributes } };
      const answer = await writing(hooks, undefined, () =>
        http.send({ method: 'POST', path: '/api/v2/users', body, operation, permission: invite }),
      );
      return toAccount(parse(userAnswer, answer, operation).data);
    },

    /** A name that does not fit is cut as Datadog takes it: 55 characters, no `<` or `>`. */
    async ensureAttributes(id, wanted, hooks = {}) {
      const before = await required(id);
      const name = fitName(wanted.name);
      const attributes = {
        ...(wanted.email === undefined || isSameText(wanted.email, before.email) ? {} : { email: wanted.email }),
        ...(name === undefined || name === before.name ? {} : { name }),
        ...(wanted.title === undefined || wanted.title === before.title ? {} : { title: wanted.title }),
      };
      if (Object.keys(attributes).length === 0) return { changed: false, before, after: before };
      return { changed: true, before, after: await patch(before, attributes, hooks) };
    },

    async ensureEnabled(id, hooks = {}) {
      const before = await required(id);
      if (before.status !== 'disabled') return { changed: false, before, after: before };
      const after = await patch(before, { disabled: false }, hooks);
      if (after.status === 'disabled') throw notYet(id, 'enabled');
      return { changed: true, before, after };
    },

    /** `DELETE /users/{id}`, permission user_access_manage. */
    async ensureDisabled(id, hooks = {}): Promise<Ensured<Account>> {
      const before = await required(id);
      if (before.status === 'disabled') return { changed: false, before, after: before };
      let changed = true;
      try {
        await writing(hooks, before, () =>
          http.send({ method: 'DELETE', path: userPath(id), operation: 'disable user', permission: manage }),
        );
      } catch (error) {
        // Somebody else was quicker: a second DELETE answers 404.
        if (!isNotFound(error)) throw error;
        changed = false;
      }
      const after = await required(id);
      if (after.status !== 'disabled') throw notYet(id, 'disabled');
      return { changed, before, after };
    },

    /** `POST /user_invitations`, permission user_access_invite. */
    async sendInvitation(accountId, hooks = {}): Promise<Invitation> {
      const operation = 'send invitation';
      const user = { data: { id: accountId, type: 'users' } };
      const body = { data: [{ type: 'user_invitations', relationships: { user } }] };
      const path = '/api/v2/user_invitations';
      const answer = await writing(hooks, undefined, () =>
        http.send({ method: 'POST', path, body, operation, permission: invite }),
      );
      const [invitation] = parse(invitationsAnswer, answer, operation).data;
      if (invitation === undefined)
        throw new DatadogFailure('UnexpectedResponse', `${operation}: no invitation in the answer`);
      const { expires_at } = invitation.attributes;
      // The e-mail is out: failing now would send another one.
      const isDated = typeof expires_at === 'string' && !Number.isNaN(Date.parse(expires_at));
      const expiresAt = isDated ? expires_at : new Date(Date.now() + invitationLifetimeMs).toISOString();
      return { id: invitation.id, expiresAt };
    },

    /** `DELETE /users/{id}/invitations`, permission user_access_invite. Nothing to cancel is success. */
    async cancelInvitations(accountId, hooks = {}) {
      const path = `${userPath(accountId)}/invitations`;
      try {
        await writing(hooks, undefined, () =>
          http.send({ method: 'DELETE', path, operation: 'cancel invitations', permission: invite }),
        );
        return { changed: true };
      } catch (error) {
        if (!isNotFound(error)) throw error;
        return { changed: false };
      }
    },
  };
}

export const userPath = (id: string): string => `/api/v2/users/${encodeURIComponent(id)}`;

export const isNotFound = (error: unknown): boolean => error instanceof DatadogFailure && error.type === 'NotFound';

/** Answer and reading contradict each other: the next attempt reads again. */
const notYet = (id: string, state: string): DatadogFailure =>
  new DatadogFailure('UnexpectedResponse', `account ${id} does not read back as ${state} yet`);
