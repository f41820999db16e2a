import { Schemas } from 'scimmy';

/** The schemas of what is kept, as RFC 7643 describes attributes. Those of the standard come from scimmy. */

export interface Attribute {
  readonly name: string;
  readonly description?: string;
  readonly type: 'string' | 'boolean' | 'decimal' | 'integer' | 'dateTime' | 'reference' | 'binary' | 'complex';
  readonly multiValued: boolean;
  readonly required?: boolean;
  readonly caseExact?: boolean;
  readonly mutability: 'readWrite' | 'readOnly' | 'immutable' | 'writeOnly';
  readonly returned: 'always' | 'default' | 'never' | 'request';
  readonly uniqueness?: string;
  /** Of the extension: examples that are sound, others are taken too. */
  readonly canonicalValues?: readonly string[];
  readonly subAttributes?: readonly Attribute[];
}

export interface SchemaDocument {
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
}

export const enterpriseUrn = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const musterUrn = 'urn:ietf:params:scim:schemas:extension:muster:2.0:User';

const plain = { type: 'string', multiValued: false, mutability: 'readWrite', returned: 'default' } as const;
const described = { required: false, caseExact: false, uniqueness: 'none' } as const;

const musterUser: SchemaDocument = {
  id: musterUrn,
  name: 'MusterUser',
  description: 'What HR knows of the employment',
  attributes: [
    {
      ...plain,
      ...described,
      name: 'hireDate',
      canonicalValues: ['2026-01-31', '2026-01-31T09:00:00Z'],
      description: "The first day, such as 2026-01-31, in the person's time zone; or an instant",
    },
    {
      ...plain,
      ...described,
      name: 'leaveDate',
      canonicalValues: ['2026-12-31', '2026-12-31T17:00:00Z'],
      description: 'The last working day, or the instant at which access ends',
    },
    {
      ...plain,
      ...described,
      name: 'timeZone',
      canonicalValues: ['UTC', 'Europe/Berlin', 'America/New_York'],
      description: 'IANA time zone, such as Europe/Berlin',
    },
  ],
};

/** Every resource has these beside its schema's. */
const common: readonly Attribute[] = [
  { ...plain, name: 'schemas', type: 'reference', multiValued: true, mutability: 'readOnly', returned: 'always' },
  { ...plain, name: 'id', caseExact: true, mutability: 'readOnly', returned: 'always' },
  { ...plain, name: 'externalId', caseExact: true },
  {
    ...plain,
    name: 'meta',
    type: 'complex',
    mutability: 'readOnly',
    subAttributes: [
      { ...plain, name: 'resourceType', mutability: 'readOnly' },
      { ...plain, name: 'created', type: 'dateTime', mutability: 'readOnly' },
      { ...plain, name: 'lastModified', type: 'dateTime', mutability: 'readOnly' },
      { ...plain, name: 'location', type: 'reference', mutability: 'readOnly' },
      { ...plain, name: 'version', caseExact: true, mutability: 'readOnly' },
    ],
  },
];

export const userType: ResourceType = {
  name: 'User',
  endpoint: '/Users',
  schema: standard('User'),
  extensions: [standard('EnterpriseUser'), musterUser],
};
export const groupType: ResourceType = {
  name: 'Group',
  endpoint: '/Groups',
  schema: standard('Group'),
  extensions: [],
};
export const resourceTypes = [userType, groupType] as const;

function standard(name: 'User' | 'EnterpriseUser' | 'Group'): SchemaDocument {
  const { id, description, attributes } = JSON.parse(
    JSON.stringify(Schemas[name].definition.describe()),
  ) as SchemaDocument;
  return { id, name, description, attributes };
}

/** The attributes at the top of a resource. */
export const coreAttributes = ({ schema }: ResourceType): readonly Attribute[] => [...common, ...schema.attributes];

const isNamed = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Names count without regard to case. */
export const findAttribute = (attributes: readonly Attribute[] | undefined, name: string): Attribute | undefined =>
  attributes?.find((attribute) => isNamed(attribute.name, name));

export const findExtension = ({ extensions }: ResourceType, urn: string): SchemaDocument | undefined =>
  extensions.find(({ id }) => isNamed(id, urn));
