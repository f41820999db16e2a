import { capabilities, type Capability } from './types.ts';
import { DatadogFailure, failureOf } from './failures.ts';
import type { Call, HttpAnswer } from './answer.ts';
import { probeOf, validateBothKeys } from './probeCalls.ts';
import { userAnswer } from './schema.ts';

type Exchange = (call: Call) => Promise<HttpAnswer>;

/**
 * What a 401 or 403 means: it says neither which permission is missing, nor whether the keys are known at all, nor whether it is
 * about this one object, such as a team that has its own managers or a user whom SCIM manages. So the key's own rights are
 * read; only where they lack the permission is it the key's.
 */
export async function refusalOf(
  exchange: Exchange,
  answer: HttpAnswer,
  call: Call,
  signal: AbortSignal | undefined,
): Promise<DatadogFailure> {
  try {
    if (isRefused((await exchange(validateBothKeys)).status)) {
      return failureOf(answer, { permission: 'validKeys', operation: call.operation });
    }
    if (answer.status === 403 && isAboutOne(call) && (await mayDo(exchange, call.permission))) {
      const { message, status } = failureOf(answer, call);
      return new DatadogFailure('ObjectRefused', `${message}: this one alone, since the key has it`, { status });
    }
  } catch (error) {
    if (signal?.aborted === true) throw error;
  }
  return failureOf(answer, call);
}

/** Every write is about one object, and so is what is read by its id. */
const isAboutOne = ({ method, path }: Call): boolean => method !== 'GET' || hasId.test(path);

const hasId = /\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/i;

/** By the permissions of the key's owner, and, since the key's scopes may be fewer, by a reading call, where there is one. */
async function mayDo(exchange: Exchange, permission: string): Promise<boolean> {
  const answer = await exchange(currentUser);
  if (answer.status !== 200) return false;
  const { data, included } = userAnswer.parse(JSON.parse(answer.text));
  const held = (included ?? []).filter(({ type }) => type === 'permissions').map(({ attributes }) => attributes?.name);
  if (!held.includes(permission)) return false;
  if (!isCapability(permission)) return true;
  const { yes, ...probe } = probeOf(permission, data.id);
  const { status } = await exchange({ method: 'GET', operation: `probe ${permission}`, permission, ...probe });
  return yes.includes(status);
}

const isCapability = (permission: string): permission is Capability =>
  (capabilities as readonly string[]).includes(permission);

export const isRefused = (status: number): boolean => status === 401 || status === 403;

const currentUser: Call = {
  method: 'GET',
  path: '/api/v2/current_user',
  operation: 'get current user',
  permission: 'validKeys',
};
