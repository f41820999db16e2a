import { readyRecords, type ReadyRecord } from './readyRecords.ts';
import { readyStatuses } from './statuses.ts';
import type { FieldMap, HmacFormat, Verifier } from './sources.ts';

/**
 * Senders that can be used by name. A wrong format refuses every message, so each says how it is known, and names the pages of its
 * reference from which its words are.
 */

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
  /**
   * How the signature is known: an open `standard`, `documented` in the sender's reference, or `published` in its own client
   * library only.
   */
  readonly known: 'standard' | 'documented' | 'published';
  readonly verify: Verifier;
  /** Absent where the sender's payload says too little, or another thing for each customer. */
  readonly map?: FieldMap;
  /** What of `fetchBack` is the same for every customer; the policy says the rest. */
  readonly fetchBack?: ReadyRecord;
}

const bambooSigned = hmac({
  signatureHeader: 'x-bamboohr-signature',
  timestampHeader: 'x-bamboohr-timestamp',
  encoding: 'hex',
  template: '{body}{timestamp}',
});

export const senders = {
  standardWebhooks: { known: 'standard', verify: { kind: 'standardWebhooks' } },
  // Its event-based webhooks name the person alone.
  // https://documentation.bamboohr.com/docs/event-based-webhooks
  bamboohr: {
    known: 'documented',
    verify: bambooSigned,
    map: {
      type: '/type',
      types: { 'employee.created': 'fetch', 'employee.updated': 'fetch', 'employee.deleted': 'fetch' },
      timestamp: '/timestamp',
      fields: { personId: '/data/employeeId' },
    },
    fetchBack: readyRecords.bamboohr,
  },
  // Its older field-based webhooks carry the fields that the customer chose, by their English names where they have no alias.
  // https://documentation.bamboohr.com/docs/field-based-webhooks and /docs/global-webhooks, whose names lack "Termination Date"
  bamboohrFields: {
    known: 'documented',
    verify: bambooSigned,
    map: {
      items: '/employees',
      type: '/action',
      // What is created holds no fields: an update follows.
      types: { Updated: 'person.updated', Deleted: 'deleted' },
      timestamp: '/timestamp',
      fields: {
        personId: '/id',
        email: '/fields/Work Email',
        title: '/fields/Job Title',
        department: '/fields/Department',
        status: '/fields/Status',
        hireDate: '/fields/Hire Date',
        leaveDate: '/fields/Termination Date',
      },
      statuses: readyStatuses.bamboohr,
    },
  },
  // Their form has the fields by person: no group of fields, no action, no time.
  bamboohrForm: {
    known: 'documented',
    verify: bambooSigned,
    map: {
      items: '/employees',
      types: { '*': 'person.updated' },
      fields: {
        personId: '/@key',
        email: '/Work Email',
        title: '/Job Title',
        department: '/Department',
        status: '/Status',
        hireDate: '/Hire Date',
        leaveDate: '/Termination Date',
      },
      statuses: readyStatuses.bamboohr,
    },
  },
  // https://apidocs.hibob.com/docs/employee-data-webhooks. Its `triggeredAt` has no zone, and none is documented: read in a wrong one
  // it lies hours ahead, and is refused, or hours back, behind newer facts. Every event is looked up, so that its arrival counts.
  hibob: {
    known: 'documented',
    verify: hmac({ signatureHeader: 'bob-signature', algorithm: 'sha512', encoding: 'base64', template: '{body}' }),
    map: {
      type: '/type',
      types: {
        'employee.created': 'fetch',
        'employee.updated': 'fetch',
        'employee.deleted': 'fetch',
        'employee.joined': 'fetch',
        'employee.left': 'fetch',
        'employee.activated': 'fetch',
        'employee.inactivated': 'fetch',
        'employee.temporaryLeave': 'fetch',
        'table.entry.created': 'fetch',
        'table.entry.updated': 'fetch',
      },
      fields: { personId: '/data/employeeId' },
    },
    fetchBack: readyRecords.hibob,
  },
  // https://docs.merge.dev/basics/webhooks/merge-webhooks
  merge: {
    known: 'documented',
    verify: hmac({ signatureHeader: 'x-merge-webhook-signature', encoding: 'base64url', template: '{body}' }),
    map: {
      id: '/hook/id',
      type: '/hook/event',
      types: {
        'Employee.added': 'person.updated',
        'Employee.changed': 'person.updated',
        'Employee.removed': 'deleted',
      },
      // A late repetition of an older state is older.
      timestamp: '/data/modified_at',
      fields: {
        personId: '/data/id',
        email: '/data/work_email',
        name: '/data/display_full_name',
        manager: '/data/manager',
        status: '/data/employment_status',
        hireDate: '/data/start_date',
        leaveDate: '/data/termination_date',
      },
      statuses: readyStatuses.merge,
    },
  },
  // https://developer.deel.com/docs/webhooks-get-started and /api/reference/endpoints/hris/webhook-worker-v-2-updated
  deel: {
    known: 'documented',
    verify: hmac({ signatureHeader: 'x-deel-signature', encoding: 'hex', template: 'POST{body}' }),
    // Events of a contract name the contract, not the person: the profile of a worker changes with it.
    map: {
      type: '/data/meta/event_type',
      types: {
        'worker.v2.created': 'fetch',
        'worker.v2.updated': 'fetch',
        'worker.v2.deleted': 'fetch',
        'employee.created.direct': 'fetch',
        'employee.updated.direct': 'fetch',
      },
      timestamp: '/timestamp',
      fields: { personId: '/data/resource/id' },
    },
    fetchBack: readyRecords.deel,
  },
  // The reference documents the headers; the client library shows what is signed, and that the secret is base64. Its events have
  // no time of their own: every one is looked up.
  // https://developer.tryfinch.com/developer-resources/Webhooks
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
    map: {
      type: '/event_type',
      types: {
        'individual.created': 'fetch',
        'individual.updated': 'fetch',
        'individual.deleted': 'deleted',
        'employment.created': 'fetch',
        'employment.updated': 'fetch',
        'employment.deleted': 'deleted',
      },
      fields: { personId: '/data/individual_id' },
    },
    fetchBack: readyRecords.finch,
  },
  // https://developer.personio.de/reference/webhooks and /reference/post_v2-webhooks; of a payload only a part is published, and
  // not where an event of an employment names the person: https://github.com/personio/api-docs/issues/210
  personio: {
    known: 'documented',
    verify: { kind: 'sharedSecret', header: 'authorization' },
    map: {
      type: '/event_name',
      types: {
        'person.created': 'fetch',
        'person.updated': 'fetch',
        'person.deleted': 'fetch',
        'employment.created': 'fetch',
        'employment.updated': 'fetch',
        'employment.deleted': 'fetch',
        'employment.started': 'fetch',
        'employment.terminated': 'fetch',
      },
      timestamp: '/occurred_at',
      fields: { personId: '/payload/person/id' },
    },
    fetchBack: readyRecords.personio,
  },
  // A form post without a time of its own: every event is looked up.
  // https://developer.rippling.com/documentation/developer-portal/v2-guides/webhooks; a sample is in
  // https://github.com/Rippling/OpenAPIDocs, docs/Getting-Started/h-Webhooks.md
  rippling: {
    known: 'documented',
    verify: { kind: 'sharedSecret', header: 'authorization' },
    map: {
      type: '/event_name',
      types: {
        'employee.created': 'fetch',
        'employee.updated': 'fetch',
        'employee.deleted': 'fetch',
        'employee.hired': 'fetch',
        'employee.terminated': 'fetch',
      },
      fields: { personId: '/id' },
    },
    fetchBack: readyRecords.rippling,
  },
  // https://developer.okta.com/docs/concepts/event-hooks
  okta: {
    known: 'documented',
    verify: { kind: 'sharedSecret', header: 'authorization' },
    map: {
      id: '/eventId',
      items: '/data/events',
      type: '/eventType',
      types: { 'user.lifecycle.deactivate': 'leaver', 'user.lifecycle.suspend': 'leaver' },
      timestamp: '/published',
      fields: { personId: '/target/type=User/id', email: '/target/type=User/alternateId' },
    },
  },
} as const satisfies Readonly<Record<string, Sender>>;

export const senderNames = Object.keys(senders) as (keyof typeof senders)[];
