import { maxFilterLength, maxResults } from './limits.ts';
import { resourceTypes } from './schemas.ts';

/** What the server says about itself. */

const schemaUrn = 'urn:ietf:params:scim:schemas:core:2.0';

export const serviceProviderConfig = (base: string) => ({
  schemas: [`${schemaUrn}:ServiceProviderConfig`],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults },
  changePassword: { supported: false },
  sort: { supported: true },
  etag: { supported: true },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Bearer token',
      description: `A token of the role intake. A filter has at most ${maxFilterLength} characters.`,
      primary: true,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
});

export const describeResourceTypes = (base: string) =>
  resourceTypes.map(({ name, endpoint, schema, extensions }) => ({
    schemas: [`${schemaUrn}:ResourceType`],
    id: name,
    name,
    description: schema.description,
    endpoint,
    schema: schema.id,
    schemaExtensions: extensions.map(({ id }) => ({ schema: id, required: false })),
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${name}` },
  }));

export const describeSchemas = (base: string) =>
  resourceTypes
    .flatMap(({ schema, extensions }) => [schema, ...extensions])
    .map((schema) => ({
      schemas: [`${schemaUrn}:Schema`],
      ...schema,
      meta: { resourceType: 'Schema', location: `${base}/Schemas/${schema.id}` },
    }));
