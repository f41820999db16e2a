import { z } from 'zod';
import type { Source, Verifier } from '../domain/policy/sources.ts';
import { reservedSources } from '../domain/facts/ranks.ts';
import { duration, text, textList } from './fields.ts';
import { fetchBack } from './fetchBack.ts';
import { fields, pointer } from './fieldMaps.ts';
import { type Sender, senderNames, senders } from '../domain/policy/senders.ts';

/** The policy's `sources`: who may send events over HTTP. */

const header = text.toLowerCase().refine((name) => /^[a-z0-9-]{1,100}$/.test(name), {
  error: 'must be the name of a header, such as "x-signature"',
});
const eventTypes = ['joiner', 'mover', 'leaver', 'person.updated', 'fetch'] as const;
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
  active: textList.default([]),
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
    mayAdd: textList.optional(),
    map: map.optional(),
    fetchBack: fetchBack.optional(),
  })
  .superRefine(({ map, fetchBack }, context) => {
    const isFetching = Object.values(map?.types ?? {}).includes('fetch');
    if (isFetching !== (fetchBack !== undefined)) {
      const message = isFetching
        ? 'is missing: a type of map.types is fetch'
        : 'needs a type that is fetch in map.types';
      context.addIssue({ code: 'custom', path: ['fetchBack'], message });
    }
    const readsStatus = map?.fields['status'] !== undefined;
    // Without it everybody would count as gone.
    if (readsStatus && (map?.active ?? []).length === 0) {
      const message = 'is missing: name the values of status that mean employed, such as [Active]';
      context.addIssue({ code: 'custom', path: ['map', 'active'], message });
    }
  });

export const sourceKeys = {
  'sources.*': Object.keys(source.shape),
  'sources.*.verify': Object.keys(format.shape),
  'sources.*.map': Object.keys(map.shape),
  'sources.*.fetchBack': Object.keys(fetchBack.shape),
} as const;

export const sources = z.array(source).superRefine((list, context) => {
  for (const [index, { name }] of list.entries()) {
    if (list.findIndex((one) => one.name === name) === index) continue;
    context.addIssue({ code: 'custom', path: [index, 'name'], message: `"${name}" is there twice: give each its own` });
  }
});

export function toSource({ name, verify, mayAdd, map: given, fetchBack }: z.output<typeof source>): Source {
  const sender: Sender | undefined = typeof verify === 'string' ? senders[verify] : undefined;
  return {
    name,
    verify: typeof verify === 'string' ? senders[verify].verify : verify && toVerifier(verify),
    mayAdd,
    map: given ?? sender?.map,
    fetchBack,
  };
}

function toVerifier({ tolerance, ...rest }: z.output<typeof format>): Verifier {
  return { kind: 'hmac', ...rest, toleranceMs: tolerance };
}
