import { addresses, boolean, complex, list, reference, text, texts, type Attribute } from './attributes.ts';

/** The schemas of what is kept: those of RFC 7643, and Muster's extension. */

interface SchemaDocument {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
}

export interface ResourceType {
  readonly name: 'User' | 'Group';
  readonly endpoint: '/Users' | '/Groups';
  readonly schema: SchemaDocument;
  readonly extensions: readonly SchemaDocument[];
  /** A resource as one attribute: everything that every resource has, that its schema has, and each extension by its URN. */
  readonly root: Attribute;
}

export const enterpriseUrn = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const musterUrn = 'urn:ietf:params:scim:schemas:extension:muster:2.0:User';

const readOnly = { mutability: 'readOnly' } as const;
const immutable = { mutability: 'immutable' } as const;

const user: SchemaDocument = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:User',
  name: 'User',
  description: 'User Account',
  attributes: [
    text('userName', 'The name that the user signs in with', { required: true, uniqueness: 'server' }),
    complex(
      'name',
      "The parts of the person's name",
      texts({
        formatted: 'The whole name as it is shown',
        familyName: 'Family name',
        givenName: 'Given name',
        middleName: 'Middle names',
        honorificPrefix: 'What stands before the name, such as Dr.',
        honorificSuffix: 'What stands after the name, such as III',
      }),
    ),
    ...texts({ displayName: 'The name of the account', nickName: 'What friends say' }),
    reference('profileUrl', 'A page about the user', ['external']),
    ...texts({
      title: 'Job title',
      userType: 'Kind of employment, such as Employee or Contractor',
      preferredLanguage: 'Languages in the order of preference',
      locale: 'Where the user is, for formats',
      timezone: 'IANA time zone, such as Europe/Berlin',
    }),
    boolean('active', 'Whether the person is employed: false ends their access'),
    text('password', 'Taken and kept nowhere', { mutability: 'writeOnly', returned: 'never' }),
    list('emails', 'E-mail addresses: the primary one is that of the Datadog account', ['work', 'home', 'other']),
    list('phoneNumbers', 'Phone numbers', ['work', 'home', 'mobile', 'fax', 'pager', 'other']),
    list('ims', 'Addresses for instant messages'),
    list('photos', 'Photos', ['photo', 'thumbnail'], { type: 'reference', referenceTypes: ['external'] }),
    addresses,
    complex(
      'groups',
      'Groups that the user is in: changed by changing the groups',
      [
        text('value', 'The id of the group', readOnly),
        reference('$ref', 'The address of the group', ['User', 'Group'], readOnly),
        text('display', 'The name of the group', readOnly),
        text('type', 'How the user is in it', { ...readOnly, canonicalValues: ['direct', 'indirect'] }),
      ],
      { ...readOnly, multiValued: true },
    ),
    list('entitlements', 'What the user has'),
    list('roles', 'What the user is'),
    list('x509Certificates', 'Certificates', [], { type: 'binary', caseExact: true }),
  ],
};

const enterpriseUser: SchemaDocument = {
  id: enterpriseUrn,
  name: 'EnterpriseUser',
  description: 'Enterprise User',
  attributes: [
    ...texts({
      employeeNumber: 'Number of the employee',
      costCenter: 'Cost center',
      organization: 'Organization',
      division: 'Division',
      department: 'Department',
    }),
    complex('manager', 'Who the person reports to', [
      text('value', "The manager's id here or at the source, their e-mail, or HR's id of them"),
      reference('$ref', 'The address of the manager', ['User']),
      text('displayName', "The manager's name", readOnly),
    ]),
  ],
};

const musterUser: SchemaDocument = {
  id: musterUrn,
  name: 'MusterUser',
  description: 'What HR knows of the employment',
  attributes: [
    text('hireDate', "The first day, such as 2026-01-31, in the person's time zone; or an instant", {
      canonicalValues: ['2026-01-31', '2026-01-31T09:00:00Z'],
    }),
    text('leaveDate', 'The last working day, or the instant at which access ends', {
      canonicalValues: ['2026-12-31', '2026-12-31T17:00:00Z'],
    }),
    text('timeZone', 'IANA time zone, such as Europe/Berlin', {
      canonicalValues: ['UTC', 'Europe/Berlin', 'America/New_York'],
    }),
  ],
};

const group: SchemaDocument = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  name: 'Group',
  description: 'Group',
  attributes: [
    text('displayName', 'The name that the policy knows the group by', { required: true }),
    complex(
      'members',
      'Members of the group',
      [
        text('value', 'The id of the member', { ...immutable, caseExact: true }),
        text('display', "The member's name", immutable),
        reference('$ref', 'The address of the member', ['User', 'Group'], immutable),
        text('type', 'What the member is', { ...immutable, canonicalValues: ['User', 'Group'] }),
      ],
      { multiValued: true },
    ),
  ],
};

/** Every resource has these beside its schema's. */
const common: readonly Attribute[] = [
  text('schemas', undefined, { ...readOnly, type: 'reference', multiValued: true }),
  text('id', undefined, { ...readOnly, caseExact: true }),
  text('externalId', undefined, { caseExact: true }),
  complex(
    'meta',
    'About the resource',
    [
      text('resourceType', undefined, readOnly),
      text('created', undefined, { ...readOnly, type: 'dateTime' }),
      text('lastModified', undefined, { ...readOnly, type: 'dateTime' }),
      text('location', undefined, { ...readOnly, type: 'reference' }),
      text('version', undefined, { ...readOnly, caseExact: true }),
    ],
    readOnly,
  ),
];

function resourceType(
  name: ResourceType['name'],
  schema: SchemaDocument,
  extensions: readonly SchemaDocument[],
): ResourceType {
  const extended = extensions.map(({ id, description, attributes }) => complex(id, description, attributes));
  const root = complex(schema.id, schema.description, [...common, ...schema.attributes, ...extended]);
  return { name, endpoint: `/${name}s`, schema, extensions, root };
}

export const userType = resourceType('User', user, [enterpriseUser, musterUser]);
export const groupType = resourceType('Group', group, []);
export const resourceTypes = [userType, groupType] as const;
