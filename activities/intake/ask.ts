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
  /** When it is known how long that takes. */
  readonly againInMs: number | undefined;

  constructor(message: string, againInMs?: number) {
    super(message);
    this.againInMs = againInMs;
  }
}

const deadlineMs = 10_000;
const largest = 1024 * 1024;
const goneStatuses: readonly number[] = [404, 410];
const againStatuses: readonly number[] = [408, 425, 429];

/**
 * HR's record of one person, by the addresses that the policy names and no other: redirects are not followed. What is said of a
 * failure holds nothing of the request or of the reply, since either may hold the secret.
 */
export async function askForRecord(
  fetchBack: FetchBack,
  { id, secret, signal }: { readonly id: string; readonly secret?: string | undefined; readonly signal?: AbortSignal },
): Promise<unknown> {
  const { url: templates, body: template, token: tokenUrl, privateHosts } = fetchBack;
  const urls = templates.map((one) => addressOf(one, { id, privateHosts }));
  const deadline = AbortSignal.timeout(deadlineMs);
  const asking = {
    privateHosts,
    deadline,
    signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
  };
  const token = tokenUrl === undefined ? secret : await askForToken(asking, new URL(tokenUrl), secret);
  const secrets = tokenUrl === undefined ? [secret] : [secret?.replace(/^[^:]+:/, ''), token];
  const body = template?.replaceAll('{id}', () => JSON.stringify(id).slice(1, -1));
  const json: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const headers = { ...json, ...headersOf(fetchBack, token) };
  const answers: unknown[] = [];
  let length = 0;
  for (const url of urls) {
    const text = await textOf(asking, url, { headers, body });
    length += text.length;
    if (length > largest) throw tooLarge();
    answers.push(parsed(withoutSecrets(text, secrets)));
  }
  return answers.length === 1 ? answers[0] : answers;
}

interface Asking {
  readonly privateHosts: readonly string[];
  readonly deadline: AbortSignal;
  /** The deadline, or that nobody waits any more. */
  readonly signal: AbortSignal;
}

/** The token for which HR takes an id and a secret (OAuth 2.0 client credentials, RFC 6749, 4.4). */
async function askForToken(asking: Asking, url: URL, secret: string | undefined): Promise<string> {
  if (secret === undefined) throw notThere();
  const [, id, own] = /^([^:]+):(.+)$/.exec(secret) ?? [];
  if (id === undefined || own === undefined)
    throw new FetchRefused("the source's secret for HR's API must be ID:SECRET");
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: own });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const text = await textOf(asking, url, { headers, body: form.toString(), isForToken: true });
  const answer = parsed(text);
  const token =
    typeof answer === 'object' && answer !== null && 'access_token' in answer ? answer.access_token : undefined;
  if (typeof token !== 'string' || token === '') throw new FetchRefused("HR's API gave no access_token");
  return token;
}

interface Said {
  readonly headers: Readonly<Record<string, string>>;
  /** Absent: the request is a GET. */
  readonly body?: string | undefined;
  readonly isForToken?: boolean;
}

async function textOf(asking: Asking, url: URL, { headers, body, isForToken = false }: Said): Promise<string> {
  const isPrivateAllowed = asking.privateHosts.includes(url.hostname);
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (!isPrivateAllowed && isIP(literal) !== 0 && !isPublic(literal)) throw new FetchRefused(notPublicWords);
  await using agent = agentFor(isPrivateAllowed);
  try {
    const answer = await request(url, {
      ...(body === undefined ? { method: 'GET' } : { method: 'POST', body }),
      dispatcher: agent,
      headers: { accept: 'application/json', ...headers },
      signal: asking.signal,
    });
    judge(answer.statusCode, isForToken);
    return await answer.body.text();
  } catch (error) {
    throw failureOf(error, asking.deadline.aborted);
  }
}

const withoutSecrets = (text: string, secrets: readonly (string | undefined)[]): string =>
  secrets.reduce<string>((left, one) => (one === undefined ? left : left.replaceAll(one, '[secret]')), text);

const agentFor = (isPrivateAllowed: boolean): Agent & AsyncDisposable => {
  const agent = new Agent({
    connect: { timeout: 5_000, ...(isPrivateAllowed ? {} : { lookup: lookUpPublic }) },
    maxResponseSize: largest,
  });
  return Object.assign(agent, { [Symbol.asyncDispose]: () => agent.destroy() });
};

function addressOf(
  template: string,
  { id, privateHosts }: { readonly id: string; readonly privateHosts: readonly string[] },
): URL {
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
    if (secret === undefined) throw notThere();
    return [name, value.replace('{secret}', () => secret)];
  });
  return Object.fromEntries(given) as Record<string, string>;
}

const notThere = (): HrUnavailable => new HrUnavailable("the source's secret for HR's API is not there yet");
const tooLarge = (): FetchRefused => new FetchRefused("HR's record is larger than 1 MiB");

/** A token that nobody gives says nothing of a person. */
function judge(status: number, isForToken: boolean): void {
  if (status >= 200 && status < 300) return;
  if (status >= 500 || againStatuses.includes(status)) throw new HrUnavailable(`HR's API answered with ${status}`);
  if (status >= 300 && status < 400) {
    throw new FetchRefused(`HR's API answered with a redirect (${status}), and those are not followed`);
  }
  if (goneStatuses.includes(status) && !isForToken) {
    throw new FetchRefused(`HR's API does not know this person (${status})`, { isGone: true });
  }
  throw new FetchRefused(`HR's API refused ${isForToken ? "the source's secret" : 'the request'} (${status})`);
}

const notPublicWords =
  "the host of HR's API has an address that is not public: list it in privateHosts if that is meant";

function failureOf(error: unknown, isLate: boolean): Error {
  if (error instanceof FetchRefused || error instanceof HrUnavailable) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  if (code === privateAddress) return new FetchRefused(notPublicWords);
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return tooLarge();
  return new HrUnavailable(`HR's API gave no complete answer (${isLate ? 'too late' : code})`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new FetchRefused("HR's answer is not JSON");
  }
}
