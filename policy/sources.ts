import { z } from 'zod';
import type { FetchBack, FieldMap, Source, Verifier } from '../domain/policy/sources.ts';
import { reservedSources } from '../domain/facts/ranks.ts';
import { duration, text, textList, timeZone } from './fields.ts';
import { fetchBack } from './fetchBack.ts';
import { fields, pointer } from './fieldMaps.ts';
import { statusMap } from './statuses.ts';
import { type Sender, senderNames, senders } from '../domain/policy/senders.ts';

/** The policy's `sources`: who may send events over HTTP. */

const header = text.toLowerCase().refine((name) => /^[a-z0-9-]{1,100}$/.test(name), {
  error: 'must be the name of a header, such as "x-signature"',
});
const eventTypes = ['joiner', 'mover', 'leaver', 'person.updated', 'fetch', 'deleted'] as const;
const format = z
  .strictObject({
    signatureHeader: header,
    prefix: z.string().default(''),
    algorithm: z.enum(['sha256', 'sha512']).default('sha256'),
    encoding: z.enum(['hex', 'base64', 'base64url']).default('hex'),
    template: text.refine((template) => template.includes('{body}'), { error: 'must hold {body}' }),
    timestampHeader: header.optional(),
    tolerance: duration('5 minutes', { above: 0 }).prefault('5 minutes'),
    idHeader: header.optional(),
    secret: z.enum(['text', 'base64']).default('text'),
  })
  .superRefine(({ template, timestampHeader, idHeader }, context) => {
    const placeholders = [
      ['timestamp', 'timestampHeader', timestampHeader],
      ['id', 'idHeader', idHeader],
    ] as const;
    for (const [name, option, value] of placeholders) {
      // An unsigned value proves nothing: a replay could carry another one.
      if (template.includes(`{${name}}`) === (value !== undefined)) continue;
      const message =
        value === undefined ? `is missing: the template holds {${name}}` : `needs {${name}} in the template`;
      context.addIssue({ code: 'custom', path: [option], message });
    }
  });

const map = z.strictObject({
  items: pointer.optional(),
  id: pointer.optional(),
  type: pointer.optional(),
  types: z.record(z.string(), z.enum(eventTypes)).default({}),
  timestamp: pointer.optional(),
  fields: fields.refine((map) => map['personId'] !== undefined, { error: 'must say where personId stands' }),
  statuses: statusMap.optional(),
});

const source = z
  .strictObject({
    name: text
      .refine((name) => /^[a-z][a-z0-9-]{0,39}$/.test(name), {
        error: 'must be 1 to 40 small letters, digits or -, such as "hr"',
      })
      .refine((name) => !reservedSources.includes(name), {
        error: (issue) =>
          `is ${JSON.stringify(issue.input)}, a name that Muster itself uses: give the source another one`,
      }),
    verify: z
      .union([z.enum(senderNames), format], {
        error: `must be one of ${senderNames.join(', ')}, or a signature format with signatureHeader and template`,
      })
      .optional(),
    timeZone: timeZone.optional(),
    dates: z.enum(['dayFirst', 'monthFirst']).optional(),
    mayAdd: textList.optional(),
    map: map.optional(),
    fetchBack: fetchBack.optional(),
  })
  .superRefine((given, context) => {
    const missing = (path: readonly string[], what: string): void =>
      context.addIssue({ code: 'custom', path: [...path], message: `is missing: ${what}` });
    const { map, isFetching, fetchBack } = withReady(given);
    if (given.fetchBack !== undefined && !isFetching) {
      const message = 'needs a type that is fetch in map.types';
      context.addIssue({ code: 'custom', path: ['fetchBack'], message });
    }
    const lacking = isFetching ? needed.filter((name) => fetchBack[name] === undefined) : [];
    if (given.fetchBack === undefined && lacking.length > 0) {
      missing(['fetchBack'], `a type of map.types is fetch; it must have ${lacking.join(', ')}`);
    }
    if (given.fetchBack !== undefined) for (const name of lacking) missing(['fetchBack', name], meanings[name]);
    // Without them everybody would be held.
    if (map?.fields['status'] !== undefined && map.statuses === undefined) {
      missing(['map', 'statuses'], meanings.statuses);
    }
  });

const needed = ['url', 'fields', 'statuses'] as const;
const meanings = {
  url: 'say where the record of {id} is',
  fields: 'say where email and status stand',
  statuses: 'say what the values of status mean, such as { active: [Active], ended: [Left] }',
} as const;

interface Given {
  readonly verify?: keyof typeof senders | z.output<typeof format> | undefined;
  readonly map?: FieldMap | undefined;
  readonly fetchBack?: z.output<typeof fetchBack> | undefined;
}

/** What the policy says, and what it leaves out as the ready source has it. */
function withReady({ verify, map: own, fetchBack: said }: Given) {
  const ready: Sender | undefined = typeof verify === 'string' ? senders[verify] : undefined;
  const map = own ?? ready?.map;
  const isFetching = Object.values(map?.types ?? {}).includes('fetch');
  const { body, token, ...rest } = ready?.fetchBack ?? {};
  // How a ready source asks is said of its own address.
  const how = said?.url === undefined ? { ...(body && { body }), ...(token && { token }) } : {};
  return { map, isFetching, fetchBack: { headers: {}, privateHosts: [], ...rest, ...how, ...said } };
}

export const sourceKeys = {
  'sources.*': Object.keys(source.shape),
  'sources.*.verify': Object.keys(format.shape),
  'sources.*.map': Object.keys(map.shape),
  'sources.*.map.statuses': Object.keys(statusMap.shape),
  'sources.*.fetchBack': Object.keys(fetchBack.shape),
  'sources.*.fetchBack.statuses': Object.keys(statusMap.shape),
} as const;

export const sources = z.array(source).superRefine((list, context) => {
  for (const [index, { name }] of list.entries()) {
    if (list.findIndex((one) => one.name === name) === index) continue;
    context.addIssue({ code: 'custom', path: [index, 'name'], message: `"${name}" is there twice: give each its own` });
  }
});

export function toSource(given: z.output<typeof source>): Source {
  const { verify, fetchBack: _said, ...rest } = given;
  const { map, isFetching, fetchBack } = withReady(given);
  return {
    ...rest,
    verify: typeof verify === 'string' ? senders[verify].verify : verify && toVerifier(verify),
    map,
    // The schema has seen that all of it is there.
    fetchBack: isFetching ? (fetchBack as FetchBack) : undefined,
  };
}

function toVerifier({ tolerance, ...rest }: z.output<typeof format>): Verifier {
  return { kind: 'hmac', ...rest, toleranceMs: tolerance };
}
