import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refuseUnranked } from '../../intake/identity.ts';
import { callerOf } from '../callers.ts';
import { HttpProblem } from '../problems.ts';
import { canonicalJson } from '../../../inventory/port/json.ts';
import type { ScimRow } from '../../../inventory/port/scim.ts';
import { describeResourceTypes, describeSchemas, serviceProviderConfig } from './discovery.ts';
import type { ScimContext } from './context.ts';
import { ScimError, wrong } from './errors.ts';
import { idsOf, nameOf } from './events.ts';
import { alsoRemoving, applyPatch, readPatch, removedMembers, type Patch } from './patch.ts';
import { project } from './projection.ts';
import { listResources, readProjection, readQuery } from './query.ts';
import type { Ignored } from './ignored.ts';
import { locationOf, present } from './representation.ts';
import { groupType, resourceTypes, userType, type ResourceType } from './schemas.ts';
import { changeResource, createResource, etagOf, removeResource } from './store.ts';
import { isEmployed, isObject, isStorable, newNotes, readResource, type JsonObject, type Notes } from './values.ts';

/** The addresses of SCIM, below `/scim/v2`. */

export const scimPrefix = '/scim/v2';
const hidden = { schema: { hide: true } };

export function addScimRoutes(app: FastifyInstance, context: ScimContext): void {
  app.addHook('onRequest', async (request) => {
    request.scimSource = sourceOf(context, request);
    request.scimBase = `${context.publicUrl ?? `${request.protocol}://${request.host}`}${scimPrefix}`;
  });
  addDiscovery(app);
  app.post('/.search', hidden, (request) => search(context, request, resourceTypes));
  app.get('/Me', hidden, () => {
    throw new ScimError(501, 'a token belongs to a source, not to a user');
  });
  app.post('/Bulk', hidden, () => {
    throw new ScimError(501, 'Bulk is not supported');
  });
  for (const type of [userType, groupType]) {
    addReads(app, context, type);
    addWrites(app, context, type);
  }
}

function addReads(app: FastifyInstance, context: ScimContext, type: ResourceType): void {
  app.get(type.endpoint, hidden, (request) =>
    listResources(context.inventory, { ...placeOf(request), types: [type] }, readQuery(request.query)),
  );
  app.post(`${type.endpoint}/.search`, hidden, (request) => search(context, request, [type]));
  app.get(`${type.endpoint}/:id`, hidden, async (request, reply) => {
    const row = await find(context, type, request);
    const known = versionsIn(request.headers['if-none-match']);
    if (known === '*' || known?.includes(etagOf(row))) return reply.code(304).header('etag', etagOf(row)).send();
    return respond(context, type, { request, reply, row });
  });
}

function addWrites(app: FastifyInstance, context: ScimContext, type: ResourceType): void {
  const one = `${type.endpoint}/:id`;
  app.post(type.endpoint, hidden, async (request, reply) => {
    const { source } = placeOf(request);
    const notes = newNotes();
    const read = readResource(type, request.body, notes);
    // A user who is pushed without `active` is active.
    const resource = type === userType ? { active: true, ...read } : read;
    const id = `new ${canonicalJson(resource['externalId'] ?? nameOf(resource))}`;
    const row = await context.turns({ source, id }, () => createResource(context, { source, type, resource, notes }));
    context.report(source, ignoredIn(notes));
    return respond(context, type, { request, reply: reply.code(201), row });
  });
  app.put(one, hidden, (request, reply) =>
    change(context, type, { request, reply }, (current, notes) => {
      const read = readResource(type, request.body, notes);
      // Some templates have no `active` at all: nobody comes back by that.
      return type === userType && !isEmployed(current) ? { active: false, ...read } : read;
    }),
  );
  app.patch(one, hidden, async (request, reply) => {
    const patch = await withOtherIds(context, type, { request, patch: readPatch(type, request.body) });
    return change(context, type, { request, reply }, (current, notes) => applyPatch(type, current, patch, notes));
  });
  app.delete(one, hidden, async (request, reply) => {
    await inTurn(context, request, () => removeResource(context, () => findMatching(context, type, request)));
    return reply.code(204).send();
  });
}

async function change(
  context: ScimContext,
  type: ResourceType,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  read: (current: JsonObject, notes: Notes) => JsonObject,
): Promise<unknown> {
  let notes = newNotes();
  const ask = (current: JsonObject) => {
    notes = newNotes();
    return { resource: read(current, notes), notes, body: request.body, isWhole: request.method === 'PUT' };
  };
  const row = await inTurn(context, request, () =>
    changeResource(context, type, () => findMatching(context, type, request), ask),
  );
  context.report(placeOf(request).source, ignoredIn(notes));
  return respond(context, type, { request, reply, row });
}

/** Who is taken from a group by one of their ids, the source's or Muster's, is no member by the other one either. */
async function withOtherIds(
  { inventory }: ScimContext,
  type: ResourceType,
  { request, patch }: { readonly request: FastifyRequest; readonly patch: Patch },
): Promise<Patch> {
  const removed = type === groupType ? removedMembers(patch) : [];
  if (removed.length === 0) return patch;
  const others = await inventory.otherScimIds(placeOf(request).source, removed);
  return others.length === 0 ? patch : alsoRemoving(type, patch, others);
}

/** One change of a resource after the other. */
function inTurn<T>({ turns }: ScimContext, request: FastifyRequest, work: () => Promise<T>): Promise<T> {
  const { id } = request.params as { readonly id: string };
  return turns({ source: placeOf(request).source, id }, work);
}

const ignoredIn = ({ unknown, faults }: Notes): Ignored => ({ attribute: unknown, value: faults.length });

async function findMatching(context: ScimContext, type: ResourceType, request: FastifyRequest): Promise<ScimRow> {
  const row = await find(context, type, request);
  const expected = versionsIn(request.headers['if-match']);
  if (expected === undefined || expected === '*' || expected.includes(etagOf(row))) return row;
  throw new ScimError(412, `it is at version ${etagOf(row)} by now: read it again`);
}

async function find({ inventory }: ScimContext, type: ResourceType, request: FastifyRequest): Promise<ScimRow> {
  const { id } = request.params as { readonly id: string };
  const row = isStorable(id) ? await inventory.findScim({ source: placeOf(request).source, id }) : undefined;
  if (row?.resourceType !== type.name) throw new ScimError(404, `there is no such ${type.name}`);
  return row;
}

async function respond(
  { inventory }: ScimContext,
  type: ResourceType,
  { request, reply, row }: { readonly request: FastifyRequest; readonly reply: FastifyReply; readonly row: ScimRow },
): Promise<FastifyReply> {
  const { base, source } = placeOf(request);
  const groups = type.name === 'User' ? await inventory.scimGroupsOf(source, idsOf(row)) : [];
  const resource = project(type, present(row, { type, base, groups }), readProjection(request.query));
  void reply.headers({ etag: etagOf(row), location: locationOf(row, base) });
  return reply.send(resource);
}

function search({ inventory }: ScimContext, request: FastifyRequest, types: readonly ResourceType[]) {
  const { body } = request;
  if (!isObject(body)) throw wrong('invalidSyntax', 'the body is not a JSON object');
  return listResources(inventory, { ...placeOf(request), types }, readQuery(body));
}

const listOf = (request: FastifyRequest, resources: readonly object[]) => {
  if (isObject(request.query) && request.query['filter'] !== undefined) {
    throw new ScimError(403, 'what the server says about itself cannot be filtered');
  }
  const schemas = ['urn:ietf:params:scim:api:messages:2.0:ListResponse'];
  const all = { totalResults: resources.length, startIndex: 1, itemsPerPage: resources.length };
  return { schemas, ...all, Resources: resources };
};

const oneOf = (resources: readonly { readonly id: string }[], request: FastifyRequest) => {
  const { id } = request.params as { readonly id: string };
  const found = resources.find((resource) => resource.id.toLowerCase() === id.toLowerCase());
  if (found === undefined) throw new ScimError(404, `there is no ${id.slice(0, 100)}`);
  return found;
};

function addDiscovery(app: FastifyInstance): void {
  app.get('/ServiceProviderConfig', hidden, (request) => serviceProviderConfig(placeOf(request).base));
  for (const [path, describe] of [
    ['/ResourceTypes', describeResourceTypes],
    ['/Schemas', describeSchemas],
  ] as const) {
    app.get(path, hidden, (request) => listOf(request, describe(placeOf(request).base)));
    app.get(`${path}/:id`, hidden, (request) => oneOf(describe(placeOf(request).base), request));
  }
}

function sourceOf(context: ScimContext, request: FastifyRequest): string {
  const caller = callerOf(context, request);
  if (caller === undefined) throw new HttpProblem(401, 'a bearer token is needed', { 'www-authenticate': 'Bearer' });
  if (caller.role !== 'intake' || caller.source === undefined) {
    throw new HttpProblem(403, 'this takes a token of the role intake that names its source');
  }
  refuseUnranked(context.policy, caller.source);
  return caller.source;
}

const placeOf = (request: FastifyRequest) => ({
  source: request.scimSource,
  base: request.scimBase,
});

function versionsIn(header: string | undefined): readonly string[] | '*' | undefined {
  if (header === undefined || header.trim() === '*') return header === undefined ? undefined : '*';
  // Strong or weak, with quotes or without: clients differ.
  return header.split(',').map((one) => `W/"${one.trim().replace(/^W\//, '').replaceAll('"', '')}"`);
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The source that sends a request by SCIM. */
    scimSource: string;
    /** The address of SCIM, as clients reach it. */
    scimBase: string;
  }
}
