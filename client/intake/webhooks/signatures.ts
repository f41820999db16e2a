import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { HmacFormat, Verifier } from '../../../domain/policy/sources.ts';

/** What was received, with the body as it came. */
interface Delivery {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export type Verification =
  | { readonly ok: true; readonly id: string; readonly at?: Date }
  | {
      readonly ok: false;
      readonly reason: 'unsigned' | 'stale' | 'notSigned' | 'noUsableSecret';
      readonly why: string;
    };

/** Whether one of the secrets signed this delivery, and under which id. All secrets are tried, whichever matches. */
export function verifyDelivery(
  verifier: Verifier,
  secrets: readonly string[],
  delivery: Delivery,
  now: Date,
): Verification {
  switch (verifier.kind) {
    case 'standardWebhooks':
      return verifyStandard(secrets, delivery);
    case 'hmac':
      return verifyHmac(verifier, secrets, delivery, now);
    case 'sharedSecret': {
      const given = headerOf(delivery, verifier.header);
      if (given === undefined) return unsigned(verifier.header);
      const isOurs = secrets.map((secret) => isEqual(secret, given)).includes(true);
      return isOurs ? { ok: true, id: digestOf(delivery.body) } : wrong;
    }
  }
}

const wrong = { ok: false, reason: 'notSigned', why: 'the signature is not that of this source' } as const;
const stale: Verification = {
  ok: false,
  reason: 'stale',
  why: 'the timestamp is too old or too new: check the clocks, and sign each delivery when it is sent',
};
const unsigned = (...names: readonly string[]): Verification => ({
  ok: false,
  reason: 'unsigned',
  why: `the header ${names.join(', ')} is missing or malformed`,
});

/** What the sender learns is that the signature is not right; the log says why. */
const noUsableSecret: Verification = { ...wrong, reason: 'noUsableSecret' };

/** Base64 or base64url, padded or not, with or without the prefix of Standard Webhooks; undefined for anything else. */
function keyOf(secret: string): Buffer | undefined {
  const text = secret.replace(/^whsec_/, '');
  return /^[\w+/-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

const idPattern = /^[\x21-\x7e]{1,256}$/;

function verifyStandard(secrets: readonly string[], delivery: Delivery): Verification {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;
  const [id, timestamp, signature] = names.map((name) => headerOf(delivery, name));
  const isWhole = id !== undefined && timestamp !== undefined && signature !== undefined;
  if (!isWhole || !idPattern.test(id) || !/^\d{1,12}$/.test(timestamp)) return unsigned(...names);
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
  const keys = secrets.flatMap((secret) => keyOf(secret) ?? []);
  if (keys.length === 0 && secrets.length > 0) return noUsableSecret;
  const answers = keys.map((key) => {
    try {
      new Webhook(key, { format: 'raw' }).verify(delivery.body, headers, { jsonParse: false });
      return 'signed';
    } catch (error) {
      return error instanceof WebhookVerificationError && error.message.includes('timestamp') ? 'stale' : 'wrong';
    }
  });
  if (answers.includes('signed')) return { ok: true, id, at: new Date(Number(timestamp) * 1_000) };
  return answers.includes('stale') ? stale : wrong;
}

function verifyHmac(format: HmacFormat, secrets: readonly string[], delivery: Delivery, now: Date): Verification {
  const signature = headerOf(delivery, format.signatureHeader);
  if (signature === undefined) return unsigned(format.signatureHeader);
  const timestamp = format.timestampHeader && headerOf(delivery, format.timestampHeader);
  const id = format.idHeader && headerOf(delivery, format.idHeader);
  const at = timestamp === undefined ? undefined : instantOf(timestamp);
  if (format.timestampHeader !== undefined && at === undefined) return unsigned(format.timestampHeader);
  if (format.idHeader !== undefined && !idPattern.test(id ?? '')) return unsigned(format.idHeader);

  const content = contentOf(format.template, { body: delivery.body, timestamp, id });
  const given = signature.split(' ').map((one) => plainSignature(format, one));
  const keys = format.secret === 'base64' ? secrets.flatMap((secret) => keyOf(secret) ?? []) : secrets;
  if (keys.length === 0 && secrets.length > 0) return noUsableSecret;
  const isSigned = keys
    .flatMap((key) => {
      const expected = createHmac(format.algorithm, key).update(content).digest(format.encoding);
      return given.map((one) => one !== undefined && isEqual(plain(format, expected), one));
    })
    .includes(true);
  if (!isSigned) return wrong;
  if (at !== undefined && Math.abs(now.getTime() - at.getTime()) > format.toleranceMs) return stale;
  // Without an id from the sender the same bytes are the same delivery.
  return { ok: true, id: id ?? digestOf(content), at };
}

function contentOf(
  template: string,
  received: { body: Buffer; timestamp: string | undefined; id: string | undefined },
): Buffer {
  const parts = template.split(/(\{body\}|\{timestamp\}|\{id\})/).map((part) => {
    if (part === '{body}') return received.body;
    if (part === '{timestamp}') return Buffer.from(received.timestamp ?? '');
    return part === '{id}' ? Buffer.from(received.id ?? '') : Buffer.from(part);
  });
  return Buffer.concat(parts);
}

function plainSignature(format: HmacFormat, signature: string): string | undefined {
  return signature.startsWith(format.prefix) ? plain(format, signature.slice(format.prefix.length)) : undefined;
}

/** Hex in any case, base64 with or without its padding. */
const plain = ({ encoding }: HmacFormat, text: string): string =>
  encoding === 'hex' ? text.toLowerCase() : text.replace(/=+$/, '');

/** Seconds, milliseconds, or ISO 8601. */
function instantOf(text: string): Date | undefined {
  const ms = /^\d{1,11}$/.test(text)
    ? Number(text) * 1_000
    : /^\d{12,14}$/.test(text)
      ? Number(text)
      : Date.parse(text);
  return Number.isNaN(ms) ? undefined : new Date(ms);
}

/** By digest: equal lengths, and a time that does not tell where two texts differ. */
function isEqual(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a).digest(), sha256(b).digest());
}

const sha256 = (content: Buffer | string) => createHash('sha256').update(content);
const digestOf = (content: Buffer): string => sha256(content).digest('hex');

function headerOf({ headers }: Delivery, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
