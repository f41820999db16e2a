import { z } from 'zod';
import { text } from './fields.ts';
import { fields } from './fieldMaps.ts';
import { statusMap } from './statuses.ts';

/** A source's `fetchBack`: where to fetch a record when its event carries only the id. */

const host = text.toLowerCase().refine((name) => /^[a-z0-9.:[\]-]{1,253}$/.test(name), {
  error: 'must be the name of a host without a port, such as "hr.internal"',
});

/** What is left out is that of the ready source, where it has it. */
export const fetchBack = z
  .strictObject({
    url: z.union([z.string().transform((one) => [one]), z.array(z.string()).min(1).max(3)]).optional(),
    body: z.string().refine(isJson, { error: 'must be JSON, such as \'{"id": "{id}"}\'' }).optional(),
    token: z.string().optional(),
    headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,100}$/), text).optional(),
    fields: fields
      .refine((map) => map['email'] !== undefined && map['status'] !== undefined, {
        error: 'must say where email and status stand',
      })
      .optional(),
    statuses: statusMap.optional(),
    privateHosts: z.array(host).default([]),
  })
  .superRefine(({ url, body, token, privateHosts }, context) => {
    for (const [name, value] of [
      ['body', body],
      ['token', token],
    ] as const) {
      if (url !== undefined || value === undefined) continue;
      context.addIssue({ code: 'custom', path: [name], message: 'needs the url to which it belongs' });
    }
    const ids = body?.includes('{id}') === true ? 0 : 1;
    const found = (url ?? []).map((one) => urlProblem(one, { ids, privateHosts })).find((one) => one !== undefined);
    if (found !== undefined) context.addIssue({ code: 'custom', path: ['url'], message: found });
    const message = token === undefined ? undefined : urlProblem(token, { ids: 0, privateHosts });
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['token'], message });
  });

function isJson(body: string): boolean {
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}

interface Asked {
  /** How often `{id}` is in the address: the body may have it instead. */
  readonly ids: 0 | 1;
  readonly privateHosts: readonly string[];
}

function urlProblem(template: string, { ids, privateHosts }: Asked): string | undefined {
  const url = URL.parse(template.replace('{id}', 'id'));
  if (url === null || template.split('{id}').length !== ids + 1) {
    return ids === 0
      ? 'must be an address without {id}, such as "https://hr.example.com/v1/people"'
      : 'must be an address with {id} in it, such as "https://hr.example.com/v1/people/{id}"';
  }
  if (url.host !== URL.parse(template.replace('{id}', 'other'))?.host) return 'must have {id} after the host';
  if (url.username !== '' || url.password !== '') return 'must hold no secret: write {secret} in a header';
  if (url.protocol === 'https:' || (url.protocol === 'http:' && privateHosts.includes(url.hostname))) return undefined;
  return 'must begin with https:// (http:// for a host of privateHosts)';
}
