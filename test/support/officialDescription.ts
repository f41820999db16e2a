import { existsSync, readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { isObject, type Json, type JsonObject } from './recordings.ts';

/** Where a response leaves the official description: a place such as `users.attributes` and what is different there. */
export interface Deviation {
  readonly at: string;
  readonly what: string;
}

interface OfficialDescription {
  /** How a response to a request differs from what is described for its operation and status. */
  check(exchange: { method: string; path: string; status: number; body: Json }): readonly Deviation[];
  /** The described operation that a request belongs to, such as `GET /api/v2/users/{user_id}`. */
  operationOf(method: string, path: string): string | undefined;
}

const file = new URL('../../../shared/datadog/openapi.yaml', import.meta.url);

/** Reads the official OpenAPI 3.0 description; undefined where it is not beside the repository. */
export function loadOfficialDescription(): OfficialDescription | undefined {
  if (!existsSync(file)) return undefined;
  const document: JsonObject = parse(readFileSync(file, 'utf8'));
  const paths = childOf(document, 'paths');
  const schemas = Object.fromEntries(
    Object.entries(childOf(childOf(document, 'components'), 'schemas')).map(([name, schema]) => [
      name,
      convert(document, schema),
    ]),
  );
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ $id: 'official', $defs: schemas });
  const compiled = new Map<string, ValidateFunction | 'undescribed' | 'empty'>();
  // Literal segments win over parameters.
  const matchers = Object.keys(paths)
    .sort((a, b) => a.split('{').length - b.split('{').length)
    .map((path) => ({ path, pattern: new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`) }));

  const find = (method: string, path: string) => {
    const bare = path.split('?')[0]!;
    for (const { path, pattern } of matchers) {
      const operation = childOf(paths, path)[method.toLowerCase()];
      if (pattern.test(bare) && isObject(operation)) return { path, operation };
    }
    return undefined;
  };

  const validatorOf = (key: string, operation: JsonObject, status: number) => {
    const known = compiled.get(key);
    if (known !== undefined) return known;
    const response = resolve(document, childOf(operation, 'responses')[String(status)]);
    const [content] = Object.values(childOf(response, 'content'));
    const schema = isObject(content) ? content['schema'] : undefined;
    const made =
      response === undefined ? 'undescribed' : schema === undefined ? 'empty' : ajv.compile(convert(document, schema));
    compiled.set(key, made);
    return made;
  };

  return {
    operationOf: (method, path) => {
      const found = find(method, path);
      return found === undefined ? undefined : `${method} ${found.path}`;
    },
    check({ method, path, status, body }) {
      const found = find(method, path);
      if (found === undefined) return [{ at: `${method} ${path}`, what: 'is not described' }];
      const at = `${method} ${found.path}`;
      const validate = validatorOf(`${at} ${status}`, found.operation, status);
      if (validate === 'undescribed') return [{ at, what: `status ${status}` }];
      if (validate === 'empty') return body === null ? [] : [{ at, what: `a body with status ${status}` }];
      validate(body);
      return (validate.errors ?? [])
        .filter(({ keyword }) => keyword !== 'if')
        .map((error) => describe(error, body, at));
    },
  };
}

function childOf(value: Json | undefined, key: string): JsonObject {
  const child = isObject(value) ? value[key] : undefined;
  return isObject(child) ? child : {};
}

function resolve(document: JsonObject, value: Json | undefined): JsonObject | undefined {
  if (!isObject(value)) return undefined;
  if (typeof value['$ref'] !== 'string') return value;
  const names = value['$ref'].replace('#/', '').split('/');
  return resolve(
    document,
    names.reduce<Json | undefined>((part, name) => (isObject(part) ? part[name] : undefined), document),
  );
}

/**
 * OpenAPI 3.0 to JSON Schema: `nullable` becomes a type, `oneOf` of typed resources is told apart by `type`, and an
 * object that lists its properties has no others, so that what is undescribed is found.
 */
function convert(document: JsonObject, schema: Json): JsonObject {
  if (!isObject(schema)) return {};
  if (typeof schema['$ref'] === 'string')
    return { $ref: schema['$ref'].replace('#/components/schemas/', 'official#/$defs/') };
  const { type, properties, items, oneOf, additionalProperties, nullable, enum: values, required } = schema;
  const isNullable = nullable === true;
  return {
    ...(typeof type === 'string' ? { type: isNullable ? [type, 'null'] : type } : {}),
    ...(Array.isArray(values)
      ? { enum: isNullable ? [...(values as readonly Json[]), null] : (values as readonly Json[]) }
      : {}),
    ...(required === undefined ? {} : { required }),
    ...(isObject(properties)
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, child]) => [name, convert(document, child)]),
          ),
        }
      : {}),
    ...(isObject(properties) || additionalProperties !== undefined
      ? {
          additionalProperties: isObject(additionalProperties)
            ? convert(document, additionalProperties)
            : additionalProperties === true,
        }
      : {}),
    ...(items === undefined ? {} : { items: convert(document, items) }),
    ...(Array.isArray(oneOf) ? alternatives(document, oneOf as readonly Json[]) : {}),
  };
}

function alternatives(document: JsonObject, branches: readonly Json[]): JsonObject {
  const typed = branches.map((branch) => {
    const properties = resolve(document, branch)?.['properties'];
    const type = isObject(properties) ? resolve(document, properties['type']) : undefined;
    return { branch, types: Array.isArray(type?.['enum']) ? (type['enum'] as readonly Json[]) : undefined };
  });
  if (typed.some(({ types }) => types === undefined))
    return { anyOf: branches.map((branch) => convert(document, branch)) };
  return {
    properties: { type: { enum: typed.flatMap(({ types }) => types!) } },
    allOf: typed.map(({ branch, types }) => ({
      if: { properties: { type: { enum: types! } }, required: ['type'] },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      then: convert(document, branch),
    })),
  };
}

/** Places are counted from the resource that they are in: the same deviation is one, wherever a user is shown. */
function describe(error: ErrorObject, body: Json, operation: string): Deviation {
  let value: Json | undefined = body;
  let at = '';
  for (const segment of error.instancePath.split('/').slice(1)) {
    if (Array.isArray(value)) {
      value = (value as readonly Json[])[Number(segment)];
      at += '[]';
    } else {
      value = isObject(value) ? value[segment.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
      at += at === '' ? segment : `.${segment}`;
    }
    if (isObject(value) && typeof value['type'] === 'string' && typeof value['id'] === 'string') at = value['type'];
  }
  const place =
    at === '' || at.startsWith('meta') || at.startsWith('errors') || at.startsWith('links') || at === 'included'
      ? `${operation}: ${at}`
      : at;
  const { keyword, params } = error;
  if (keyword === 'additionalProperties')
    return { at: place, what: `undescribed ${String(params['additionalProperty'])}` };
  if (keyword === 'required') return { at: place, what: `without ${String(params['missingProperty'])}` };
  return {
    at: place,
    what: `${keyword}: ${JSON.stringify(params)}, is ${value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value}`,
  };
}
