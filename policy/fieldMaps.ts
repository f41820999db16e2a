import { z } from 'zod';

/** Where a sender's JSON holds the fields of a record. */

export const pointer = z.string().refine((value) => /^(\/([^~/]|~[01])*)*$/.test(value), {
  error: (issue) => `must be a JSON pointer, such as "/employee/id", not ${JSON.stringify(issue.input)}`,
});

const standardFields = ['personId', 'email', 'name', 'title', 'department', 'manager', 'timeZone'] as const;
const factFields = ['effective', 'immediate', 'reason', 'status', 'hireDate', 'leaveDate'] as const;
export const fieldNames: readonly string[] = [...standardFields, ...factFields];

export const fields = z.record(z.string(), pointer).superRefine((map, context) => {
  for (const name of Object.keys(map)) {
    if (fieldNames.includes(name) || /^extra\.[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(name)) continue;
    const message = `is not known: use ${fieldNames.join(', ')}, or extra.NAME for an attribute of your own`;
    context.addIssue({ code: 'custom', path: [name], message, params: { onKey: true } });
  }
});
