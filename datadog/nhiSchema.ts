import { z } from 'zod';
import type { Nhi, NhiKind } from '../domain/sync/kinds.ts';
import { reference, text } from './schema.ts';

/** Lists of keys, tokens, clients and mappings. What is not named here, such as a `key`, is dropped when it is parsed. */

const related = z.object({ data: reference.nullish() }).nullish();
const when = z.string().nullish();

export const credentialRow = z.object({
  id: z.string(),
  attributes: z.object({
    name: text,
    last4: text,
    scopes: z.array(z.string()).nullish(),
    created_at: when,
    expires_at: when,
    last_used_at: when,
    date_last_used: when,
    last_used_date: z.object({ timestamp: when }).nullish(),
    category: text,
  }),
  relationships: z.object({ owned_by: related, created_by: related, leak_information: related }).nullish(),
});

export const clientRow = z.object({
  id: z.string(),
  attributes: z.object({ disabled: z.boolean().nullish(), last_exercised: when, user_count: z.number().nullish() }),
  relationships: z.object({ oauth2_client: related }).nullish(),
});

export const mappingRow = z.object({
  id: z.string(),
  attributes: z.object({ attribute_key: text, attribute_value: text, created_at: when }),
  relationships: z.object({ role: related, team: related }).nullish(),
});

export function toCredential(kind: NhiKind, { id, attributes, relationships }: z.infer<typeof credentialRow>): Nhi {
  const { name, last4, scopes, created_at, expires_at, category } = attributes;
  const owner = relationships?.owned_by?.data ?? relationships?.created_by?.data;
  const used = attributes.last_used_at ?? attributes.date_last_used ?? attributes.last_used_date?.timestamp;
  return {
    id,
    kind,
    name: name ?? '',
    ...(owner ? { ownerAccountId: owner.id } : {}),
    // Only API keys are without scopes: for all else an absent list is an unlimited one.
    ...(kind === 'apiKey' ? {} : { scopes: scopes?.toSorted() ?? null }),
    ...(created_at ? { createdAt: toUtc(created_at) } : {}),
    ...(used ? { lastUsedAt: toUtc(used) } : {}),
    ...(expires_at ? { expiresAt: toUtc(expires_at) } : {}),
    ...(last4 ? { last4 } : {}),
    details: {
      ...(category ? { category } : {}),
      ...(relationships?.leak_information?.data ? { isLeaked: true } : {}),
    },
  };
}

export function toClient(
  { id, attributes, relationships }: z.infer<typeof clientRow>,
  names: ReadonlyMap<string, string>,
): Nhi {
  const { disabled, last_exercised, user_count } = attributes;
  return {
    id,
    kind: 'oauthClient',
    name: names.get(relationships?.oauth2_client?.data?.id ?? '') ?? '',
    ...(last_exercised ? { lastUsedAt: toUtc(last_exercised) } : {}),
    details: { isDisabled: disabled ?? false, ...(typeof user_count === 'number' ? { users: user_count } : {}) },
  };
}

export function toMapping({ id, attributes, relationships }: z.infer<typeof mappingRow>): Nhi {
  const { attribute_key, attribute_value, created_at } = attributes;
  const roleId = relationships?.role?.data?.id;
  const teamId = relationships?.team?.data?.id;
  return {
    id,
    kind: 'authnMapping',
    name: `${attribute_key ?? ''}=${attribute_value ?? ''}`,
    ...(created_at ? { createdAt: toUtc(created_at) } : {}),
    details: {
      attributeKey: attribute_key ?? '',
      attributeValue: attribute_value ?? '',
      ...(roleId === undefined ? {} : { roleId }),
      ...(teamId === undefined ? {} : { teamId }),
    },
  };
}

/** Datadog writes times in two formats, of up to nanoseconds; one that is no time is kept as it is. */
function toUtc(time: string): string {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? time : new Date(ms).toISOString();
}
