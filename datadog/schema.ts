import { z } from 'zod';
import type { Account, AccountStatus } from '../domain/model.ts';
import { DatadogFailure } from './failures.ts';

/** Datadog's responses, as far as Muster uses them. Unknown fields are allowed; fields that are documented as optional are optional. */

export const reference = z.object({ id: z.string() });
const references = z.object({ data: z.array(reference) });
export const text = z.string().nullish();

export const userSchema = z.object({
  id: z.string(),
  attributes: z.object({
    email: text,
    handle: text,
    name: text,
    title: text,
    status: text,
    verified: z.boolean().nullish(),
    disabled: z.boolean().nullish(),
    service_account: z.boolean().nullish(),
    created_at: text,
    modified_at: text,
    last_login_time: text,
    mfa_enabled: z.boolean().nullish(),
    allowed_login_methods: z.array(z.string()).nullish(),
  }),
  relationships: z.object({ roles: references.nullish() }).nullish(),
});

export const included = z
  .array(z.object({ id: z.string(), type: z.string(), attributes: z.object({ name: text }).nullish() }))
  .nullish();
export const pageMeta = z.object({
  page: z.object({ total_count: z.number().nullish(), total_filtered_count: z.number().nullish() }).nullish(),
  pagination: z.object({ total: z.number().nullish() }).nullish(),
});

export const userAnswer = z.object({ data: userSchema, included });
export const invitationsAnswer = z.object({
  data: z.array(z.object({ id: z.string(), attributes: z.object({ expires_at: text }) })).min(1),
});
export const roleRow = z.object({
  id: z.string(),
  attributes: z.object({ name: text, managed: z.boolean().nullish() }).nullish(),
  relationships: z.object({ permissions: references.nullish() }).nullish(),
});
export const permissionRow = z.object({ id: z.string(), attributes: z.object({ name: z.string() }) });
export const permissionsAnswer = z.object({ data: z.array(permissionRow) });
export const teamRow = z.object({
  id: z.string(),
  attributes: z.object({ handle: z.string(), name: z.string(), is_managed: z.boolean().nullish() }),
});
export const memberRow = z.object({
  id: z.string(),
  attributes: z.object({ role: text }).nullish(),
  relationships: z.object({ user: z.object({ data: reference }) }),
});
export const membershipRow = z.object({
  id: z.string(),
  relationships: z.object({ team: z.object({ data: reference }).nullish() }).nullish(),
});
export const keyRow = z.object({
  id: z.string(),
  attributes: z.object({ name: text, last4: text }),
  relationships: z
    .object({
      owned_by: z.object({ data: reference.nullish() }).nullish(),
      created_by: z.object({ data: reference.nullish() }).nullish(),
    })
    .nullish(),
});
export type Key = z.infer<typeof keyRow>;

/** What fits the schema, or `UnexpectedResponse` with the field that does not. */
export function parse<T>(schema: z.ZodType<T>, answer: unknown, operation: string): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue === undefined || issue.path.length === 0 ? 'the answer' : issue.path.join('.');
  throw new DatadogFailure(
    'UnexpectedResponse',
    `${operation}: Datadog's answer does not fit: ${field}: ${issue?.message ?? 'malformed'}`,
  );
}

export function toAccount({ id, attributes, relationships }: z.infer<typeof userSchema>): Account {
  const { created_at, modified_at, last_login_time, mfa_enabled, allowed_login_methods } = attributes;
  return {
    id,
    email: attributes.email ?? '',
    handle: attributes.handle ?? '',
    name: attributes.name ?? '',
    title: attributes.title ?? '',
    status: statusOf(attributes),
    isServiceAccount: attributes.service_account ?? false,
    roleIds: (relationships?.roles?.data ?? []).map((role) => role.id).toSorted(),
    ...(created_at ? { createdAt: created_at } : {}),
    ...(modified_at ? { modifiedAt: modified_at } : {}),
    ...(last_login_time ? { lastLoginAt: last_login_time } : {}),
    ...(typeof mfa_enabled === 'boolean' ? { mfaEnabled: mfa_enabled } : {}),
    ...(allowed_login_methods ? { allowedLoginMethods: allowed_login_methods } : {}),
  };
}

function statusOf({ status, disabled, verified }: z.infer<typeof userSchema>['attributes']): AccountStatus {
  if (disabled === true) return 'disabled';
  return knownStatus(status) ?? (verified ? 'active' : 'pending');
}

/** Undefined for one that is not documented: then it is for `disabled` and `verified` to say. */
export const knownStatus = (status: string | null | undefined): AccountStatus | undefined =>
  (['active', 'pending', 'disabled'] as const).find((one) => one === status?.toLowerCase());
