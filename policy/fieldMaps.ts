import { z } from 'zod';

/** Where a sender's JSON holds the fields of a record. */

const error = (issue: { readonly input?: unknown }): string =>
  `must be a JSON pointer, such as "/employee/id", not ${JSON.stringify(issue.input)}`;

export const pointer = z.string().refine((value) => /^(\/([^~/]|~[01])*)*$/.test(value), { error });
const pointers = z.union(
  [pointer, z.array(pointer).min(1, { error }).max(5, { error: 'must be five JSON pointers at most' })],
  { error },
);

const standardFields = ['personId', 'email', 'name', 'title', 'department', 'manager', 'timeZone'] as const;
const factFields = ['effective', 'immediate', 'reason', 'status', 'hireDate', 'leaveDate'] as const;
export const fieldNames: readonly string[] = [...standardFields, ...factFields];

export const fields = z.record(z.string(), pointers).superRefine((map, context) => {
  for (const name of Object.keys(map)) {
    if (fieldNames.includes(name) || /^extra\.[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(name)) continue;
    const message = `is not known: use ${fieldNames.join(', ')}, or extra.NAME for an attribute of your own`;
    context.addIssue({ code: 'custom', path: [name], message, params: { onKey: true } });
  }
});
