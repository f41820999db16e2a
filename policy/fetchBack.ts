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
    url: z.string().optional(),
    headers: z.record(z.string().regex(/^[A-Za-z0-9-]{1,100}$/), text).optional(),
    fields: fields
      .refine((map) => map['email'] !== undefined && map['status'] !== undefined, {
        error: 'must say where email and status stand',
      })
      .optional(),
    statuses: statusMap.optional(),
    privateHosts: z.array(host).default([]),
  })
  .superRefine(({ url, privateHosts }, context) => {
    const message = url === undefined ? undefined : urlProblem(url, privateHosts);
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['url'], message });
  });

function urlProblem(template: string, privateHosts: readonly string[]): string | undefined {
  const url = URL.parse(template.replace('{id}', 'id'));
  if (url === null || template.split('{id}').length !== 2) {
    return 'must be an address with {id} in it, such as "https://hr.example.com/v1/people/{id}"';
  }
  if (url.host !== URL.parse(template.replace('{id}', 'other'))?.host) return 'must have {id} after the host';
  if (url.username !== '' || url.password !== '') return 'must hold no secret: write {secret} in a header';
  if (url.protocol === 'https:' || (url.protocol === 'http:' && privateHosts.includes(url.hostname))) return undefined;
  return 'must begin with https:// (http:// for a host of privateHosts)';
}
