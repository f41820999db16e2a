import { isIP } from 'node:net';
import { Agent, request } from 'undici';
import type { EventKind } from '../../domain/model.ts';
import type { FetchBack } from '../../domain/policy/sources.ts';
import { isPublic, lookUpPublic, privateAddress } from './addresses.ts';

/** What is known of a record that cannot be taken. */
interface AboutRecord {
  /** HR does not have it any more. */
  readonly isGone?: boolean;
  readonly kind?: EventKind;
  readonly record?: unknown;
}

/** HR's reply makes another request useless: it is refused on record, with these words. */
export class FetchRefused extends Error {
  override readonly name = 'FetchRefused';
  readonly about: AboutRecord;

  constructor(message: string, about: AboutRecord = {}) {
    super(message);
    this.about = about;
  }
}

/** No usable reply: the request is repeated. */
export class HrUnavailable extends Error {
  override readonly name = 'HrUnavailable';
}

const deadlineMs = 10_000;
const largest = 1024 * 1024;
const goneStatuses: readonly number[] = [404, 410];
const againStatuses: readonly number[] = [408, 425, 429];

/**
 * HR's record of one person, by the address that the policy names and no other: redirects are not followed. What is said of a
 * failure holds nothing of the request or of the reply, since either may hold the secret.
 */
export async function askForRecord(
  fetchBack: FetchBack,
  { id, secret, signal }: { readonly id: string; readonly secret?: string | undefined; readonly signal?: AbortSignal },
): Promise<unknown> {
  const url = addressOf(fetchBack, id);
  const isPrivateAllowed = fetchBack.privateHosts.includes(url.hostname);
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (!isPrivateAllowed && isIP(literal) !== 0 && !isPublic(literal)) throw new FetchRefused(notPublicWords);
  const headers = headersOf(fetchBack, secret);
  const deadline = AbortSignal.timeout(deadlineMs);
  await using agent = agentFor(isPrivateAllowed);
  let text: string;
  try {
    const answer = await request(url, {
      dispatcher: agent,
      headers: { accept: 'application/json', ...headers },
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    });
    judge(answer.statusCode);
    text = await answer.body.text();
  } catch (error) {
    throw failureOf(error, deadline.aborted);
  }
  return parsed(secret === undefined ? text : text.replaceAll(secret, '[secret]'));
}

const agentFor = (isPrivateAllowed: boolean): Agent & AsyncDisposable => {
  const agent = new Agent({
    connect: { timeout: 5_000, ...(isPrivateAllowed ? {} : { lookup: lookUpPublic }) },
    maxResponseSize: largest,
  });
  return Object.assign(agent, { [Symbol.asyncDispose]: () => agent.destroy() });
};

function addressOf({ url: template, privateHosts }: FetchBack, id: string): URL {
  const url = new URL(template.replace('{id}', () => encodeURIComponent(id)));
  const { host } = new URL(template.replace('{id}', 'id'));
  const isSafe = url.protocol === 'https:' || privateHosts.includes(url.hostname);
  if (url.host !== host || !isSafe || /^\.+$/.test(id)) throw new FetchRefused('the id makes no address of this host');
  return url;
}

function headersOf({ headers }: FetchBack, secret: string | undefined): Record<string, string> {
  const given = Object.entries(headers).map(([name, value]) => {
    if (!value.includes('{secret}')) return [name, value];
    // A file that is missing will be put there.
    if (secret === undefined) throw new HrUnavailable("the source's secret for HR's API is not there yet");
    return [name, value.replace('{secret}', () => secret)];
  });
  return Object.fromEntries(given) as Record<string, string>;
}

function judge(status: number): void {
  if (status >= 200 && status < 300) return;
  if (status >= 500 || againStatuses.includes(status)) throw new HrUnavailable(`HR's API answered with ${status}`);
  if (status >= 300 && status < 400) {
    throw new FetchRefused(`HR's API answered with a redirect (${status}), and those are not followed`);
  }
  if (goneStatuses.includes(status)) {
    throw new FetchRefused(`HR's API does not know this person (${status})`, { isGone: true });
  }
  throw new FetchRefused(`HR's API refused the request (${status})`);
}

const notPublicWords =
  "the host of HR's API has an address that is not public: list it in privateHosts if that is meant";

function failureOf(error: unknown, isLate: boolean): Error {
  if (error instanceof FetchRefused || error instanceof HrUnavailable) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  if (code === privateAddress) return new FetchRefused(notPublicWords);
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return new FetchRefused("HR's record is larger than 1 MiB");
  return new HrUnavailable(`HR's API gave no complete answer (${isLate ? 'too late' : code})`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new FetchRefused("HR's answer is not JSON");
  }
}
