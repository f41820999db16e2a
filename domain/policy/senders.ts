import type { FieldMap, HmacFormat, Verifier } from './sources.ts';

/** Senders that can be used by name. `known` says how reliable a format is; a wrong one refuses every message. */

const fiveMinutesMs = 5 * 60_000;

const hmac = (
  format: Pick<HmacFormat, 'signatureHeader' | 'encoding' | 'template'> & Partial<HmacFormat>,
): Verifier => ({
  kind: 'hmac',
  prefix: '',
  algorithm: 'sha256',
  toleranceMs: fiveMinutesMs,
  secret: 'text',
  ...format,
});

export interface Sender {
  readonly verify: Verifier;
  /** An open `standard`, `documented` in the sender's reference, or `published` in its own client library only. */
  readonly known: 'standard' | 'documented' | 'published';
  readonly map?: FieldMap;
}

export const senders = {
  standardWebhooks: { known: 'standard', verify: { kind: 'standardWebhooks' } },
  bamboohr: {
    known: 'documented',
    verify: hmac({
      signatureHeader: 'x-bamboohr-signature',
      timestampHeader: 'x-bamboohr-timestamp',
      encoding: 'hex',
      template: '{body}{timestamp}',
    }),
  },
  hibob: {
    known: 'documented',
    verify: hmac({ signatureHeader: 'bob-signature', algorithm: 'sha512', encoding: 'base64', template: '{body}' }),
  },
  merge: {
    known: 'documented',
    verify: hmac({ signatureHeader: 'x-merge-webhook-signature', encoding: 'base64url', template: '{body}' }),
    map: {
      id: '/hook/id',
      type: '/hook/event',
      types: { 'Employee.added': 'person.updated', 'Employee.changed': 'person.updated' },
      fields: {
        personId: '/data/id',
        email: '/data/work_email',
        name: '/data/display_full_name',
        status: '/data/employment_status',
        hireDate: '/data/start_date',
        leaveDate: '/data/termination_date',
      },
      active: ['ACTIVE', 'PENDING'],
    },
  },
  deel: {
    known: 'documented',
    verify: hmac({ signatureHeader: 'x-deel-signature', encoding: 'hex', template: 'POST{body}' }),
  },
  // The reference documents the headers; the client library shows what is signed, and that the secret is base64.
  finch: {
    known: 'published',
    verify: hmac({
      signatureHeader: 'finch-signature',
      prefix: 'v1,',
      timestampHeader: 'finch-timestamp',
      idHeader: 'finch-event-id',
      encoding: 'base64',
      secret: 'base64',
      template: '{id}.{timestamp}.{body}',
    }),
  },
  okta: {
    known: 'documented',
    verify: { kind: 'sharedSecret', header: 'authorization' },
    map: {
      id: '/eventId',
      items: '/data/events',
      type: '/eventType',
      types: { 'user.lifecycle.deactivate': 'leaver', 'user.lifecycle.suspend': 'leaver' },
      timestamp: '/published',
      fields: { personId: '/target/0/id', email: '/target/0/alternateId', name: '/target/0/displayName' },
      active: [],
    },
  },
} as const satisfies Readonly<Record<string, Sender>>;

export const senderNames = Object.keys(senders) as (keyof typeof senders)[];
