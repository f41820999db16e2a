import { z } from 'zod';
import type { Account, Invitation } from '../domain/model.ts';
import { fitName } from '../domain/access/names.ts';
import { DatadogFailure } from './failures.ts';
import type { Sender } from './http.ts';
import { readPages } from './paging.ts';
import { readRows } from './rows.ts';
import { invitationsAnswer, parse, toAccount, userAnswer, userSchema } from './schema.ts';
import type { DatadogReads, DatadogWrites, ReadAccount } from './types.ts';
import { pathId } from './pathId.ts';
import { foldCase, isSameText } from '../domain/text.ts';

const read = 'user_access_read';
const manage = 'user_access_manage';
const invite = 'user_access_invite';

type AccountReads = Pick<DatadogReads, 'findAccountsByEmail' | 'findAccountsByAddress' | 'getAccount'>;
type AccountWrites = Omit<DatadogWrites, 'assign' | 'remove'>;

/** What an invitation lives where the organization sets nothing else. */
export const invitationLifetimeMs = 2 * 24 * 60 * 60_000;

export function createAccountReads(http: Sender): AccountReads {
  /** `GET /users?filter=`, a substring search: pages are read to the end and compared exactly. */
  async function findAccountsByAddress(address: string): Promise<readonly Account[]> {
    const operation = 'find user';
    const accounts = await readPages(async (paging) => {
      const query = { filter: foldCase(address), ...paging };
      const answer = await http.send({ method: 'GET', path: '/api/v2/users', query, operation, permission: read });
      const page = readRows(http, userSchema, answer, operation);
      // It may be the one that is sought, unless it shows that it is somebody else’s.
      if (page.unread.length > 0 && !areOthers(answer, address)) throw unreadable(operation, page.unread);
      return { ...page, rows: page.rows.map(asShown) };
    });
    return accounts.filter(({ email, handle }) => isSameText(email, address) || isSameText(handle, address));
  }

  return {
    findAccountsByAddress,
    findAccountsByEmail: async (email) =>
      (await findAccountsByAddress(email)).filter((account) => isSameText(account.email, email)),

    /** `GET /users/{id}`, permission user_access_read. */
    async getAccount(id, { withoutRoles = false } = {}) {
      const operation = 'get user';
      try {
        const answer = await http.send({ method: 'GET', path: userPath(id), operation, permission: read });
        const { data } = parse(userAnswer, answer, operation);
        // Taking an absent list for an empty one would look as if the roles had been given back.
        if (!data.relationships?.roles) {
          if (withoutRoles) return asShown(data);
          throw new DatadogFailure('UnexpectedResponse', `${operation}: data.relationships.roles is missing`);
        }
        return toAccount(data);
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
  };
}

export function createAccountWrites(http: Sender): AccountWrites {
  /** `PATCH /users/{id}`, permission user_access_manage. */
  async function patch(id: string, attributes: Readonly<Record<string, unknown>>): Promise<Account> {
    const operation = 'update user';
    const body = { data: { id, type: 'users', attributes } };
    const answer = await http.send({ method: 'PATCH', path: userPath(id), body, operation, permission: manage });
    return asShown(parse(userAnswer, answer, operation).data);
  }

  return {
    updateAccount: (id, { email, name, title }) => patch(id, { email, name: fitName(name), title }),
    enableAccount: (id) => patch(id, { disabled: false }),

    /** `POST /users`, permission user_access_invite. Never sent twice by itself. */
    async createAccount({ email, name, title }) {
      const operation = 'create user';
      const body = { data: { type: 'users', attributes: { email, name: fitName(name), title } } };
      const path = '/api/v2/users';
      const answer = await http.send({ method: 'POST', path, body, operation, permission: invite });
      return toAccount(parse(userAnswer, answer, operation).data);
    },

    /** `DELETE /users/{id}`, permission user_access_manage. */
    async disableAccount(id) {
      await http.send({ method: 'DELETE', path: userPath(id), operation: 'disable user', permission: manage });
    },

    /** `POST /user_invitations`, permission user_access_invite. */
    async sendInvitation(accountId): Promise<Invitation> {
      const operation = 'send invitation';
      const user = { data: { id: accountId, type: 'users' } };
      const body = { data: [{ type: 'user_invitations', relationships: { user } }] };
      const path = '/api/v2/user_invitations';
      const { text } = await http.sendForAnswer({ method: 'POST', path, body, operation, permission: invite });
      // The e-mail is out, whatever the answer says of it: failing now would send another one.
      const invitation = invitationIn(text);
      const expires_at = invitation?.attributes.expires_at;
      const isDated = typeof expires_at === 'string' && !Number.isNaN(Date.parse(expires_at));
      const expiresAt = isDated ? expires_at : new Date(Date.now() + invitationLifetimeMs).toISOString();
      return { id: invitation?.id ?? 'unknown', expiresAt };
    },

    /** `DELETE /users/{id}/invitations`, permission user_access_invite. */
    async cancelInvitations(accountId) {
      const path = `${userPath(accountId)}/invitations`;
      await http.send({ method: 'DELETE', path, operation: 'cancel invitations', permission: invite });
    },
  };
}

/** Where its roles are not shown, nobody is to believe that it has none. */
function asShown(data: z.infer<typeof userSchema>): ReadAccount {
  const account = toAccount(data);
  return data.relationships?.roles ? account : { ...account, areRolesUnread: true };
}

const addressed = z.object({ id: z.string(), attributes: z.object({ email: z.string(), handle: z.string() }) });
const anyRows = z.object({ data: z.array(z.unknown()) });

/** Whether each row that cannot be read names an e-mail and a handle, neither of which is this address. */
function areOthers(answer: unknown, address: string): boolean {
  const odd = anyRows.parse(answer).data.filter((row) => !userSchema.safeParse(row).success);
  return odd.every((row) => {
    const { email, handle } = addressed.safeParse(row).data?.attributes ?? { email: address, handle: address };
    return !isSameText(email, address) && !isSameText(handle, address);
  });
}

const unreadable = (operation: string, ids: readonly (string | undefined)[]): DatadogFailure =>
  new DatadogFailure(
    'UnexpectedResponse',
    `${operation}: a user that was found cannot be read: ${ids.map((id) => id ?? 'one without an id').join(', ')}`,
  );

function invitationIn(text: string): z.infer<typeof invitationsAnswer>['data'][number] | undefined {
  try {
    return invitationsAnswer.parse(JSON.parse(text)).data[0];
  } catch {
    return undefined;
  }
}

export const userPath = (id: string): string => `/api/v2/users/${pathId(id)}`;

export const isNotFound = (error: unknown): boolean => error instanceof DatadogFailure && error.type === 'NotFound';
