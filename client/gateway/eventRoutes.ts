import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UsageError } from '../../domain/errors.ts';
import type { RefusedItem } from '../../inventory/port/refusals.ts';
import type { EventDraft } from '../operations/drafts.ts';
import { acceptDelivery, type Accepted, type ProvenDelivery } from '../intake/webhooks/accept.ts';
import { callerOf } from './callers.ts';
import type { GatewayApp, GatewayContext, GatewayPart } from './context.ts';
import { formType, isConnectionCheck, readBody } from '../intake/webhooks/body.ts';
import { hrMessage } from '../intake/webhooks/messages.ts';
import { HttpProblem, problems } from './problems.ts';
import { verifyDelivery, type Verification } from '../intake/webhooks/signatures.ts';

/**
 * Events from HR systems. 202 means that each item is on record: taken, to be carried out once, in order, also when no worker runs;
 * or refused, for a person to look at. Only what cannot be authenticated or read at all is a 4xx.
 */

type PartContext = Parameters<GatewayPart>[1];

const checkType = 'text/plain';
/** The response to a sender who only tries the address. */
const nothing: Accepted = { repeated: false, events: [], refused: [], leftOut: 0 };
const loggedReasons = 5;

const accepted = z
  .object({
    repeated: z.boolean().describe('This message had been accepted before: nothing was done now'),
    events: z.array(z.object({ eventId: z.string(), personId: z.string(), workflowId: z.string() })),
    refused: z
      .array(z.object({ index: z.int(), reason: z.string() }))
      .describe(
        'Items that cannot be taken, by their place: they are on record, and sending them again changes nothing',
      ),
    leftOut: z.int().describe('Items of a type that the source does not map'),
  })
  .describe('On record: what was taken is carried out once, whatever happens from now on');

const sources = z.object({ source: z.string().max(40) });
const responses = { 202: accepted, ...problems(400, 401, 403, 409, 413, 415, 503) };
const signed: Record<string, readonly string[]>[] = [{ webhook: [] }, { token: [] }];

declare module 'fastify' {
  interface FastifyRequest {
    /** Present once the sender is proven. */
    delivery?: ProvenDelivery;
    /** What the delivery says, as it came. */
    payload?: unknown;
  }
}

/** Whether the sender may be proven by a signature, which covers the body. */
export const takesSignature = ({ method, routeOptions }: FastifyRequest): boolean =>
  method === 'POST' && (routeOptions.url ?? '').startsWith('/v1/events');

export const eventRoutes: GatewayPart = async (app, context) => {
  // The signature covers the bytes as they came: they are parsed after it was verified.
  app.addContentTypeParser(
    ['application/json', 'application/cloudevents+json', formType, checkType],
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  );

  app.addHook('preValidation', async (request, reply) => {
    if (request.method !== 'POST') return undefined;
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    if (isConnectionCheck(body)) {
      context.limits.countAddress(request);
      return reply.code(200).send(nothing);
    }
    if (request.headers['content-type']?.startsWith(checkType)) {
      throw new HttpProblem(415, 'the content type is not supported here');
    }
    request.delivery = await identify(context, request, body);
    request.payload = parse(context, request, body);
    request.body = request.payload;
    return undefined;
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
        response: responses,
      },
      // What is wrong with an item is said of the item.
      attachValidation: true,
    },
    async (request, reply) => reply.code(202).send(await accept(context, request)),
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
        response: responses,
      },
      attachValidation: true,
    },
    async (request, reply) => reply.code(202).send(await accept(context, request)),
  );

  addChallenge(app);
};

/** Okta verifies the address once: the response is what it sent. */
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

/** Nobody but a person can see why a sender's deliveries do not come through. */
function parse({ metrics, log }: PartContext, { headers, delivery }: FastifyRequest, body: Buffer): unknown {
  try {
    return readBody(body, headers['content-type']);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    metrics.refused.inc({ reason: 'unreadable' });
    log('a delivery cannot be read', { source: delivery?.source.name, id: delivery?.id, why: error.message });
    throw new HttpProblem(400, error.message);
  }
}

async function identify(context: PartContext, request: FastifyRequest, body: Buffer): Promise<ProvenDelivery> {
  const { policy, metrics, now } = context;
  const named = (request.params as { source?: string }).source;
  const digest = createHash('sha256').update(body).digest('hex');
  const caller = callerOf(context, request);
  if (caller !== undefined) return { ...bearerDelivery(context, request, caller, named), digest };

  const candidates = policy.sources.filter(({ name, verify, map }) =>
    named === undefined ? verify?.kind === 'standardWebhooks' && map === undefined : name === named,
  );
  const refusals: Extract<Verification, { ok: false }>[] = [];
  for (const source of candidates) {
    if (source.verify === undefined) continue;
    const secrets = await context.secrets.of(source.name);
    const verification = verifyDelivery(source.verify, secrets, { headers: request.headers, body }, now());
    if (verification.ok) {
      context.limits.countSource(source.name);
      return { source, id: verification.id, at: verification.at ?? now(), digest };
    }
    refusals.push(verification);
    if (verification.reason === 'noUsableSecret') {
      context.log('no secret of this source is base64 or base64url: nothing it signs is ever accepted', {
        source: source.name,
      });
    }
  }
  context.limits.countAddress(request);
  // The caller does not learn which source it almost was, but does learn of a wrong clock.
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

async function accept(context: GatewayContext, { delivery, payload }: FastifyRequest): Promise<Accepted> {
  if (delivery === undefined) throw new HttpProblem(401, 'not authenticated');
  const { metrics, log } = context;
  const {
    id,
    source: { name: source },
  } = delivery;
  const onAccepted = ({ kind }: EventDraft) => metrics.events.inc({ source, kind });
  const onOtherBody = () => {
    metrics.reusedIds.inc({ source });
    log('webhook-id used again for another message: taken as a message of its own', { source, id });
  };
  const onRefused = (refused: readonly RefusedItem[]) => {
    for (const { kind = 'unknown' } of refused) metrics.refusedItems.inc({ source, kind });
    const reasons = [...new Set(refused.map(({ reason }) => reason))].slice(0, loggedReasons);
    log('items of a delivery were refused', { source, id, items: refused.length, reasons });
  };
  const done = await acceptDelivery({ ...context, onAccepted, onRefused, onOtherBody }, delivery, payload);
  if (done.repeated) metrics.repeats.inc({ source });
  return done;
}
