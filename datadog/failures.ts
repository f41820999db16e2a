import { withoutAddresses } from '../domain/text.ts';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import {
  datadogFailures,
  unknownEntitlement,
  type DatadogFailureType as TableType,
  type MissingPermission,
} from '../domain/failures.ts';
import type { HttpAnswer } from './answer.ts';

export type DatadogFailureType = TableType | typeof unknownEntitlement;

interface FailureDetails {
  readonly status?: number;
  readonly retryAfterMs?: number;
  readonly missing?: MissingPermission;
  /** It was tried again as often as makes sense: nobody is to try once more. */
  readonly isExhausted?: true;
  /** What was written a moment ago does not show yet: soon it does, or it is something else. */
  readonly isLag?: true;
  /** The request has not left: Datadog cannot have carried it out. */
  readonly isUnsent?: boolean;
}

/** What went wrong at Datadog, in the words of the closed table. Carries no cause: a cause may show request headers. */
export class DatadogFailure extends Error {
  override readonly name = 'DatadogFailure';
  readonly type: DatadogFailureType;
  readonly status?: number;
  /** How long until Datadog takes requests again, 1 second to 5 minutes. */
  readonly retryAfterMs?: number;
  /** Present for `NotAuthorized`. */
  readonly missing?: MissingPermission;
  readonly isExhausted?: true;
  readonly isLag?: true;
  readonly isUnsent?: boolean;

  constructor(
    type: DatadogFailureType,
    message: string,
    { status, retryAfterMs, missing, isExhausted, isLag, isUnsent }: FailureDetails = {},
  ) {
    super(message);
    this.type = type;
    if (status !== undefined) this.status = status;
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
    if (missing !== undefined) this.missing = missing;
    if (isExhausted !== undefined) this.isExhausted = isExhausted;
    if (isLag !== undefined) this.isLag = isLag;
    if (isUnsent === true) this.isUnsent = isUnsent;
  }
}

/** Whether this is a failure of the table, of one of these types (of any, where none is given). */
export const isFailure = (error: unknown, ...types: readonly DatadogFailureType[]): error is DatadogFailure =>
  error instanceof DatadogFailure && (types.length === 0 || types.includes(error.type));

/** Undefined where it failed with one of these: the caller goes on without it. */
export async function withoutOn<T>(
  types: readonly [DatadogFailureType, ...DatadogFailureType[]],
  asking: Promise<T>,
): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (isFailure(error, ...types)) return undefined;
    throw error;
  }
}

/** Names a response that is no success. The only place that knows status numbers. */
export function failureOf(answer: HttpAnswer, needs: MissingPermission): DatadogFailure {
  const { status } = answer;
  const type = typeOf(status);
  const texts = errorTexts(answer.text).map((text) => text.slice(0, longestText));
  const said = texts.length === 0 ? '' : `: ${texts.join('; ')}`;
  const message = `${needs.operation} was answered with ${status}${said}`;
  if (type === 'NotAuthorized') {
    return new DatadogFailure(type, `${message} (it needs ${needs.permission})`, { status, missing: needs });
  }
  if (type === 'RateLimited') {
    return new DatadogFailure(type, message, { status, retryAfterMs: readRetryAfterMs(answer.headers) });
  }
  return new DatadogFailure(type, message, { status });
}

/** Until the window resets, 1 second to 5 minutes; 10 seconds where the response does not say. */
export const readRetryAfterMs = (headers: HttpAnswer['headers']): number => {
  const ms = readResetMs(headers);
  return ms === undefined ? unsaidWaitMs : boundWait(ms);
};

/**
 * Until the window resets: in seconds from now, or as Unix time. No window is longer than its period, or than 5 minutes where that is
 * not said: a reset that says otherwise is not believed.
 */
export function readResetMs(headers: HttpAnswer['headers']): number | undefined {
  const read = (name: string): number => {
    const value = headers[name]?.trim() ?? '';
    return value === '' ? Number.NaN : Number(value);
  };
  const said = [read('x-ratelimit-reset'), read('retry-after')].find((value) => Number.isFinite(value) && value >= 0);
  if (said === undefined) return undefined;
  const ms = said * 1_000;
  const period = read('x-ratelimit-period') * 1_000;
  return Math.min(ms < epochFromMs ? ms : Math.max(0, ms - Date.now()), period > 0 ? period : longestWaitMs);
}

export const boundWait = (ms: number): number => Math.min(Math.max(Math.ceil(ms), shortestWaitMs), longestWaitMs);

/** The error as Temporal is to see it: retried or not by the table. Cancellations and errors of others pass unchanged. */
export function toApplicationFailure(error: unknown): Error {
  if (!(error instanceof DatadogFailure)) return error instanceof Error ? error : new Error(String(error));
  const { type, message, retryAfterMs, missing, isExhausted = false } = error;
  return ApplicationFailure.create({
    type,
    // Datadog repeats what it was sent, and Temporal keeps failures.
    message: withoutAddresses(message),
    nonRetryable: isExhausted || type === unknownEntitlement || datadogFailures[type].retry !== 'activity',
    details: missing === undefined ? undefined : [missing],
    ...(type === 'RateLimited' ? { category: ApplicationFailureCategory.BENIGN } : {}),
    nextRetryDelay: retryAfterMs === undefined ? undefined : boundWait(retryAfterMs),
  });
}

const shortestWaitMs = 1_000;
const longestWaitMs = 5 * 60_000;
export const unsaidWaitMs = 10_000;
/** No window is as long as the time since 1970. */
const epochFromMs = 1e12;
const longestText = 300;

function typeOf(status: number): TableType {
  if (status >= 500) return 'DatadogUnavailable';
  if (status < 400) return 'UnexpectedResponse';
  switch (status) {
    case 401:
    case 403:
      return 'NotAuthorized';
    case 404:
    case 410:
      return 'NotFound';
    case 408:
    case 425:
      return 'DatadogUnavailable';
    case 409:
      return 'Conflict';
    case 429:
      return 'RateLimited';
    default:
      return 'InvalidRequest';
  }
}

/** `errors` holds texts or objects with `detail` and `title`; what is no JSON is shown from its beginning. */
function errorTexts(text: string): string[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    const shown = text.replaceAll(/\s+/g, ' ').trim().slice(0, 100);
    return shown === '' ? [] : [`not JSON, but "${shown}"`];
  }
  if (typeof body !== 'object' || body === null) return [];
  const { errors, message } = body as { errors?: unknown; message?: unknown };
  const items: unknown[] = Array.isArray(errors) ? errors : [errors ?? message];
  return items.flatMap(textOf);
}

function textOf(item: unknown): string[] {
  if (typeof item === 'string') return [item];
  if (typeof item !== 'object' || item === null) return [];
  const { detail, title } = item as { detail?: unknown; title?: unknown };
  const text = [detail, title].find((part) => typeof part === 'string' && part !== '');
  return typeof text === 'string' ? [text] : [];
}
