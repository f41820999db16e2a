import { z } from 'zod';

import { personIdPattern } from '../../domain/contracts.ts';
import { nhiKinds } from '../../domain/sync/kinds.ts';
import { requireRole } from './callers.ts';
import type { GatewayPart } from './context.ts';
import { HttpProblem, problems } from './problems.ts';

/** What auditors read: people, and the inventory as it was last seen. All of it comes from the inventory. */

const count = (pattern: RegExp, error: string, fallback: number) =>
  z.string().regex(pattern, { error }).transform(Number).default(fallback);
const page = {
  limit: count(/^([1-9]\d{0,2}|1000)$/, 'must be a whole number from 1 to 1000', 100),
  offset: count(/^\d{1,8}$/, 'must be a whole number below 100 million', 0),
};
const yes = z.enum(['true', 'false']).optional();

const list = z
  .object({
    items: z.array(z.record(z.string(), z.unknown())).describe('As `npx muster inventory … --json` has them'),
    next: z.int().optional().describe('The offset of what follows; absent at the end'),
  })
  .describe('One page');
const security = [{ token: [] }];
const answers = { 200: list, ...problems(401, 403, 422, 503) };

export const readRoutes: GatewayPart = async (app, context) => {
  const { inventory } = context;
  app.addHook('onRequest', requireRole(context, 'auditor', 'approver'));

  app.get(
    '/v1/people/:id',
    {
      schema: {
        tags: ['people'],
        summary: 'A person: state, process, access, events, approvals, evidence',
        security,
        params: z.object({ id: z.string().regex(personIdPattern) }),
        response: {
          200: z
            .object({ person: z.record(z.string(), z.unknown()) })
            .catchall(z.unknown())
            .describe('As `npx muster person show ID --json` has it'),
          ...problems(400, 401, 403, 404, 503),
        },
      },
    },
    async ({ params: { id } }) => {
      const history = await inventory.personHistory(id);
      if (history === undefined) throw new HttpProblem(404, `no person ${id} is known`);
      return { ...history, person: { ...history.person } };
    },
  );

  app.get(
    '/v1/inventory/users',
    {
      schema: {
        tags: ['inventory'],
        summary: 'Datadog accounts of people, with their roles',
        security,
        querystring: z.object({
          ...page,
          status: z.enum(['pending', 'active', 'disabled', 'gone']).optional(),
          search: z.string().min(1).max(255).optional(),
        }),
        response: answers,
      },
    },
    async ({ query: { status, search, ...range } }) =>
      pageOf(range, (more) =>
        inventory.listAccounts({
          serviceAccounts: false,
          ...more,
          ...(status === undefined ? {} : { status }),
          ...(search === undefined ? {} : { search }),
        }),
      ),
  );

  app.get(
    '/v1/inventory/grants',
    {
      schema: {
        tags: ['inventory'],
        summary: 'What Muster gave: since, until, why',
        security,
        querystring: z.object({ ...page, person: z.string().regex(personIdPattern).optional(), all: yes }),
        response: answers,
      },
    },
    async ({ query: { person, all, ...range } }) =>
      pageOf(range, (more) =>
        inventory.listGrants({
          ...more,
          ...(person === undefined ? {} : { personId: person }),
          ...(all === 'true' ? {} : { open: true }),
        }),
      ),
  );

  app.get(
    '/v1/inventory/nhis',
    {
      schema: {
        tags: ['inventory'],
        summary: 'Non-human identities: service accounts, keys, tokens',
        security,
        querystring: z.object({
          ...page,
          kind: z.enum(nhiKinds).optional(),
          owner: z.string().regex(personIdPattern).optional().describe('personId of who answers for it'),
          all: yes,
        }),
        response: answers,
      },
    },
    async ({ query: { kind, owner, all, ...range } }) =>
      pageOf(range, (more) =>
        inventory.listNhis({
          ...more,
          ...(kind === undefined ? {} : { kind }),
          ...(owner === undefined ? {} : { ownerPersonId: owner }),
          ...(all === 'true' ? {} : { isThere: true }),
        }),
      ),
  );
};

interface Range {
  readonly limit: number;
  readonly offset: number;
}

/** One row more than asked for tells whether something follows. */
async function pageOf<T extends object>(
  { limit, offset }: Range,
  read: (range: Range) => Promise<readonly T[]>,
): Promise<z.input<typeof list>> {
  const rows = await read({ limit: limit + 1, offset });
  const items = rows.slice(0, limit).map((row) => Object.fromEntries(Object.entries(row)));
  return rows.length > limit ? { items, next: offset + limit } : { items };
}
