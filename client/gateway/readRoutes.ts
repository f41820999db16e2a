import { z } from 'zod';
import { personIdPattern } from '../../domain/contracts.ts';
import { nhiKinds } from '../../domain/sync/kinds.ts';
import { requireRole } from './callers.ts';
import type { GatewayApp, GatewayContext, GatewayPart } from './context.ts';
import { HttpProblem, problems } from './problems.ts';

/** What auditors read: people, and the inventory as the last sync saw it. */

const count = (pattern: RegExp, error: string, fallback: number) =>
  z.string().regex(pattern, { error }).transform(Number).default(fallback);
const page = {
  limit: count(/^([1-9]\d{0,2}|1000)$/, 'must be a whole number from 1 to 1000', 100),
  offset: count(/^\d{1,8}$/, 'must be a whole number below 100 million', 0),
};
const yes = z.enum(['true', 'false']).optional();

const list = z
  .object({
    items: z.array(z.record(z.string(), z.unknown())).describe('As in `npx muster inventory … --json`'),
    next: z.int().optional().describe('The offset of the next page; absent on the last one'),
  })
  .describe('One page');
const security = [{ token: [] }];
const schemaOf = <Query extends z.ZodRawShape>(summary: string, query: Query) => ({
  tags: ['inventory'],
  summary,
  security,
  querystring: z.object({ ...page, ...query }),
  response: { 200: list, ...problems(401, 403, 422, 503) },
});

export const readRoutes: GatewayPart = async (app, context) => {
  app.addHook('onRequest', requireRole(context, 'auditor', 'approver', 'operator', 'admin'));
  addPerson(app, context);
  addLists(app, context);
};

function addPerson(app: GatewayApp, { inventory }: GatewayContext): void {
  const schema = {
    tags: ['people'],
    summary: 'A person: state, process, access, events, approvals, evidence',
    security,
    params: z.object({ id: z.string().regex(personIdPattern) }),
    response: {
      200: z
        .object({ person: z.record(z.string(), z.unknown()) })
        .catchall(z.unknown())
        .describe('As in `npx muster person show ID --json`'),
      ...problems(400, 401, 403, 404, 503),
    },
  };
  app.get('/v1/people/:id', { schema }, async ({ params: { id } }) => {
    const history = await inventory.personHistory(id);
    if (history === undefined) throw new HttpProblem(404, `no person ${id} is known`);
    return { ...history, person: { ...history.person } };
  });
}

function addLists(app: GatewayApp, { inventory }: GatewayContext): void {
  const users = schemaOf('Datadog accounts of people, with their roles', {
    status: z.enum(['pending', 'active', 'disabled', 'gone']).optional(),
    // PostgreSQL knows no NUL.
    search: z
      .string()
      .min(1)
      .max(255)
      .regex(/^[^\0]*$/)
      .optional(),
  });
  app.get('/v1/inventory/users', { schema: users }, async ({ query: { status, search, ...range } }) =>
    pageOf(range, (more) => inventory.listAccounts({ serviceAccounts: false, ...more, status, search })),
  );

  const grants = schemaOf('Grants that Muster made: since, until, why', {
    person: z.string().regex(personIdPattern).optional(),
    all: yes,
  });
  app.get('/v1/inventory/grants', { schema: grants }, async ({ query: { person, all, ...range } }) =>
    pageOf(range, (more) =>
      inventory.listGrants({ ...more, personId: person, open: all === 'true' ? undefined : true }),
    ),
  );

  const nhis = schemaOf('Non-human identities: service accounts, keys, tokens', {
    kind: z.enum(nhiKinds).optional(),
    owner: z.string().regex(personIdPattern).optional().describe('personId of the owner'),
    all: yes,
  });
  app.get('/v1/inventory/nhis', { schema: nhis }, async ({ query: { kind, owner, all, ...range } }) =>
    pageOf(range, (more) =>
      inventory.listNhis({ ...more, kind, ownerPersonId: owner, isThere: all === 'true' ? undefined : true }),
    ),
  );
}

interface Range {
  readonly limit: number;
  readonly offset: number;
}

/** One row more than requested tells whether another page follows. */
async function pageOf<T extends object>(
  { limit, offset }: Range,
  read: (range: Range) => Promise<readonly T[]>,
): Promise<z.input<typeof list>> {
  const rows = await read({ limit: limit + 1, offset });
  const items = rows.slice(0, limit).map((row) => Object.fromEntries(Object.entries(row)));
  return rows.length > limit ? { items, next: offset + limit } : { items };
}
