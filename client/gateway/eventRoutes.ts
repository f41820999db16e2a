import { createHash, randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AliasRow } from '../../inventory/port/sources.ts';
import type { Source } from '../../domain/policy/sources.ts';
import { latestAttributes, type EventDraft } from '../operations/drafts.ts';
import { callerOf } from './callers.ts';
import type { GatewayApp, GatewayContext, GatewayPart } from './context.ts';
import { draftsOf, hrMessage, type GivenMessage } from '../intake/webhooks/messages.ts';
import { messagesOf } from '../intake/webhooks/mapping.ts';
import { HttpProblem, problems } from './problems.ts';
import { verifyDelivery, type Verification } from '../intake/webhooks/signatures.ts';
import { UsageError } from '../../domain/errors.ts';
import { asSaidBy } from '../intake/speakers.ts';
import { endlessHire, hasEndWaiting } from '../intake/contractors.ts';

/**
 * Events from HR systems. What is answered with 202 was accepted by the engine: it is carried out once, in order, also when
 * no worker runs. The id of a message is recorded after that and never before, so a crash in between is mended by the
 * sender's repetition, which the person's mailbox drops.
 */

const accepted = z
  .object({
    repeated: z.boolean().describe('This message was accepted before: nothing was done now'),
    events: z.array(z.object({ eventId: z.string(), personId: z.string(), workflowId: z.string() })),
    leftOut: z.int().describe('Items of a type that the source does not map'),
  })
  .describe('Accepted: it is carried out once, whatever happens from now on');

/** HR senders give up after 3 seconds. */
const engineDeadlineMs = 2_500;

const sources = z.object({ source: z.string().max(40) });
const answers = { 202: accepted, ...problems(400, 401, 403, 409, 413, 415, 422, 503) };
const signed: Record<string, readonly string[]>[] = [{ webhook: [] }, { token: [] }];

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent it, once that is proven. */
    delivery?: { readonly source: Source; readonly id: string; readonly at: Date };
  }
}

export const eventRoutes: GatewayPart = async (app, context) => {
  // The signature is over the bytes as they came: they are parsed only after it was judged.
  app.addContentTypeParser(
    ['application/json', 'application/cloudevents+json'],
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  );

  app.addHook('preValidation', async (request) => {
    if (request.method === 'POST') await authenticateAndParse(context, request);
  });

  app.post(
    '/v1/events',
    {
      schema: {
        tags: ['events'],
        summary: 'An event in the format of Muster',
        description:
          'Signed by Standard Webhooks with a secret of one of the sources, or with a token of the role intake and a webhook-id.',
        security: signed,
        body: hrMessage,
        response: answers,
      },
    },
    async (request, reply) => reply.code(202).send(await accept(context, request, () => [request.body])),
  );

  app.post(
    '/v1/events/:source',
    {
      schema: {
        tags: ['events'],
        summary: 'An event in the format of a configured source',
        security: signed,
        params: sources,
        body: z.record(z.string(), z.unknown()).describe("The sender's payload, read by the source's map"),
        response: answers,
      },
    },
    async (request, reply) =>
      reply.code(202).send(await accept(context, request, (source) => messagesOf(source, request.body))),
  );

  addChallenge(app);
};

/** Okta asks once whether the address is meant: the answer is what it sent. */
function addChallenge(app: GatewayApp): void {
  app.get(
    '/v1/events/:source',
    {
      schema: {
        tags: ['events'],
        summary: "The challenge of Okta's event hooks",
        params: sources,
        headers: z.object({ 'x-okta-verification-challenge': z.string().min(1).max(1_000) }),
        response: { 200: z.object({ verification: z.string() }).describe('The challenge'), ...problems(400) },
      },
    },
    (request) => ({ verification: request.headers['x-okta-verification-challenge'] }),
  );
}

async function authenticateAndParse(context: GatewayContext, request: FastifyRequest): Promise<void> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  request.delivery = await identify(context, request, body);
  try {
    request.body = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch {
    throw new HttpProblem(400, 'the body is not JSON in UTF-8');
  }
}

async function identify(context: GatewayContext, request: FastifyRequest, body: Buffer) {
  const { policy, metrics, now } = context;
  const named = (request.params as { source?: string }).source;
  const caller = await callerOf(context, request);
  if (caller !== undefined) return bearerDelivery(context, request, caller, named);

  const candidates = policy.sources.filter(({ name, verify, map }) =>
    named === undefined ? verify.kind === 'standardWebhooks' && map === undefined : name === named,
  );
  const refusals: Extract<Verification, { ok: false }>[] = [];
  for (const source of candidates) {
    const secrets = await context.secrets.of(source.name);
    const verification = verifyDelivery(source.verify, secrets, { headers: request.headers, body }, now());
    if (verification.ok) return { source, id: verification.id, at: verification.at ?? now() };
    refusals.push(verification);
  }
  // Which of the sources it almost was is nobody's to know, but a stale clock is worth saying.
  const refusal = refusals.find(({ reason }) => reason !== 'notSigned') ?? refusals[0];
  metrics.refused.inc({ reason: refusal?.reason ?? 'noSource' });
  throw new HttpProblem(401, refusal?.why ?? 'the signature is not that of this source');
}

function bearerDelivery(
  { policy, now }: GatewayContext,
  request: FastifyRequest,
  caller: { readonly role: string; readonly source?: string },
  named: string | undefined,
) {
  if (caller.role !== 'intake' && caller.role !== 'admin') {
    throw new HttpProblem(403, `a token of the role ${caller.role} may not send events`);
  }
  const name = caller.source ?? named ?? 'token';
  if (named !== undefined && named !== name) throw new HttpProblem(403, `this token sends events of ${name} only`);
  const id = request.headers['webhook-id'];
  if (typeof id !== 'string' || !/^[\x21-\x7e]{1,256}$/.test(id)) {
    throw new HttpProblem(
      400,
      'the header webhook-id is missing: an id of yours for this message, 1 to 256 characters',
    );
  }
  const source = policy.sources.find((one) => one.name === name) ?? {
    name,
    verify: { kind: 'standardWebhooks' } as const,
  };
  return { source, id, at: now() };
}

async function accept(
  context: GatewayContext,
  { delivery }: FastifyRequest,
  read: (source: Source) => readonly (GivenMessage | undefined)[],
): Promise<z.input<typeof accepted>> {
  if (delivery === undefined) throw new HttpProblem(401, 'not authenticated');
  const { muster, inventory, policy, metrics, now } = context;
  const { source, id, at } = delivery;
  if (await inventory.isDelivered(source.name, id)) {
    metrics.repeats.inc({ source: source.name });
    return { repeated: true, events: [], leftOut: 0 };
  }
  const messages = read(source);
  const latest = now().getTime() + 5 * 60_000;
  const drafts: EventDraft[] = [];
  for (const [index, message] of messages.entries()) {
    if (message === undefined) continue;
    const suffix = messages.length > 1 ? `:${index}` : '';
    const said = draftsOf(message, {
      eventId: eventIdOf(source.name, id) + suffix,
      source: source.name,
      at,
      defaultTimeZone: (await knownZone(context, source.name, message)) ?? policy.defaultTimeZone,
    });
    await requireEnd(context, source.name, said);
    drafts.push(...said);
  }
  if (drafts.some(({ occurredAt }) => Date.parse(occurredAt) > latest)) {
    throw new HttpProblem(422, 'timestamp lies in the future: it says when HR recorded the fact');
  }
  // All are judged before the first is sent: nothing of a message is half done.
  const addressed: EventDraft[] = [];
  for (const draft of drafts) addressed.push(await addressTo(context, source.name, draft));
  const events: { eventId: string; personId: string; workflowId: string }[] = [];
  for (const draft of addressed) {
    const submitted = await muster.submitEvent(draft, { timeoutMs: engineDeadlineMs });
    metrics.events.inc({ source: source.name, kind: draft.kind });
    events.push({ ...submitted, personId: draft.personId });
  }
  await inventory.recordDelivery(source.name, id, now().toISOString());
  return { repeated: false, events, leftOut: messages.filter((message) => message === undefined).length };
}

/** A message that says what has changed leaves out the time zone: the person's own is known. A whole record says all. */
async function knownZone(
  context: GatewayContext,
  source: string,
  { type, data }: GivenMessage,
): Promise<string | undefined> {
  const { inventory, now } = context;
  if (type === 'fetch' || type === 'person.updated' || data.timeZone !== undefined) return undefined;
  const { personId } = await aliasOf(context, source, { personId: data.personId, email: data.email });
  return (await latestAttributes(inventory, personId, now().toISOString()))?.timeZone;
}

/** Who joins as a contractor has an end, by this message or by one that waits, or somebody who answers for them. */
async function requireEnd({ inventory }: GatewayContext, source: string, drafts: readonly EventDraft[]): Promise<void> {
  const problem = await endlessHire(drafts, async ({ kind, personId: externalId }) => {
    const alias = kind === 'joiner' ? await inventory.findAlias({ source, externalId }) : undefined;
    return alias !== undefined && (await hasEndWaiting(inventory, alias.personId));
  });
  if (problem === undefined) return;
  throw new HttpProblem(
    422,
    `${problem}. Send extra.sponsor, person.updated with leaveDate, or the leaver before the joiner`,
  );
}

/** One person for each id of a source, whoever sends it first. */
async function aliasOf(
  { inventory, now }: GatewayContext,
  source: string,
  { personId, email }: { readonly personId: string; readonly email: string | undefined },
): Promise<AliasRow> {
  const identity = { source, externalId: personId, ...(email === undefined ? {} : { email }) };
  const known = await inventory.findAlias(identity);
  return known ?? (await inventory.bindAlias(identity, { newId: randomUUID(), at: now().toISOString() }));
}

/** The event as the person's. */
async function addressTo(context: GatewayContext, source: string, draft: EventDraft): Promise<EventDraft> {
  const { policy } = context;
  const alias = await aliasOf(context, source, { personId: draft.personId, email: draft.person?.email });
  const own = { ...draft, personId: alias.personId };
  try {
    return asSaidBy(own, { source, isAuthoritative: alias.isAuthoritative, policy });
  } catch (error) {
    throw error instanceof UsageError ? new HttpProblem(403, error.message) : error;
  }
}

/** The same message of the same source is the same event, whatever was lost on the way. */
function eventIdOf(source: string, id: string): string {
  if (/^[\w.-]{1,120}$/.test(id)) return `${source}:${id}`;
  return `${source}:sha256:${createHash('sha256').update(id).digest('hex')}`;
}
