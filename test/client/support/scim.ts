import { setTimeout as delay } from 'node:timers/promises';
import { startGateway, type GatewayOptions, type TestGateway } from './gateway.ts';
import type { HrEvent } from '../../../domain/model.ts';
import { applyPatch, readPatch } from '../../../client/gateway/scim/patch.ts';
import { userType } from '../../../client/gateway/scim/schemas.ts';
import { newNotes, readResource, type JsonObject } from '../../../client/gateway/scim/values.ts';
import { giveToken } from '../../support/operators.ts';

/** What identity providers send, and a client for it. */

export const coreUser = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const enterpriseUser = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const musterUser = 'urn:ietf:params:scim:schemas:extension:muster:2.0:User';
export const coreGroup = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

export type Body = Record<string, unknown>;

interface ScimAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Body;
}

export function userBody(name: string, more: Body = {}): Body {
  return {
    schemas: [coreUser],
    userName: `${name}@example.com`,
    externalId: name,
    emails: [{ value: `${name}@example.com`, type: 'work', primary: true }],
    ...more,
  };
}

export const patchBody = (...operations: readonly Body[]): Body => ({ schemas: [patchOp], Operations: operations });

interface ScimClient {
  send(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ScimAnswer>;
}

export async function scimClient(
  gateway: Pick<TestGateway, 'app' | 'inventory' | 'home'>,
  source = 'idp',
  known?: string,
): Promise<ScimClient & { readonly token: string }> {
  const token = known ?? (await giveToken(gateway, { role: 'intake', source })).token;
  return {
    token,
    async send(method, url, body, headers = {}) {
      const answer = await gateway.app.inject({
        method,
        url: `/scim/v2${url}`,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json', ...headers },
        ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = answer.body;
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: text === '' ? {} : (JSON.parse(text) as Body),
      };
    },
  };
}

/** A gateway with a client whose token speaks for one source. */
export async function startScim(options: GatewayOptions = {}) {
  const gateway = await startGateway(options);
  return {
    ...gateway,
    ...(await scimClient(gateway)),
    recorded: () => recorded(gateway),
    /** A client of another source. */
    as: (source: string) => scimClient(gateway, source),
  };
}

/** The events on record, in the order in which they were said, once nothing is owed any more. */
async function recorded({ inventory }: Pick<TestGateway, 'inventory'>): Promise<readonly HrEvent[]> {
  const isOwed = async () => (await inventory.owedScim({ limit: 1, offset: 0 })).length > 0;
  for (const end = Date.now() + 30_000; await isOwed(); await delay(10)) {
    if (Date.now() > end) throw new Error('events are owed for half a minute');
  }
  const rows = await inventory.waitingEvents({ limit: 10_000 });
  return rows.map(({ event }) => event).toSorted((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1));
}

/** The user after the PATCH; throws for what would be refused. */
export function patched(user: JsonObject, body: unknown): JsonObject {
  const notes = newNotes();
  const after = applyPatch(userType, user, readPatch(userType, body), notes);
  for (const fault of notes.faults) throw fault;
  return after;
}

/** The user that a body describes; throws for what would be refused. */
export function readUser(body: unknown): JsonObject {
  const notes = newNotes();
  const user = readResource(userType, body, notes);
  for (const fault of notes.faults) throw fault;
  return user;
}

export type TestScim = Awaited<ReturnType<typeof startScim>>;
