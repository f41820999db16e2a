import { textError } from './errors.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface Resource {
  readonly id: string | undefined;
  readonly type: string;
  readonly attributes: Fields;
  readonly relationships: Fields;
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const isUuid = (text: string): boolean => uuidPattern.test(text);

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The `data` of a JSON:API request; a wrong or missing `type` is 400. */
export function readResource(body: unknown, type: string): Resource {
  return readItem(isObject(body) ? body['data'] : undefined, type, 'data');
}

/** A `data` that is a list of resources. */
export function readResources(body: unknown, type: string): Resource[] {
  const data = isObject(body) ? body['data'] : undefined;
  if (!Array.isArray(data) || data.length === 0) throw textError(400, 'Invalid input: data must be a non-empty list');
  return data.map((item, index) => readItem(item, type, `data[${index}]`));
}

function readItem(data: unknown, type: string, where: string): Resource {
  if (!isObject(data)) throw textError(400, `Invalid input: ${where} is required`);
  if (data['type'] !== type) throw textError(400, `Invalid input: ${where}.type must be ${type}`);
  const { id, attributes = {}, relationships = {} } = data;
  if (id !== undefined && typeof id !== 'string') throw textError(400, `Invalid input: ${where}.id must be a string`);
  if (!isObject(attributes)) throw textError(400, `Invalid input: ${where}.attributes must be an object`);
  if (!isObject(relationships)) throw textError(400, `Invalid input: ${where}.relationships must be an object`);
  return { id, type, attributes, relationships };
}

/** Undefined: not in the request. */
export function readText(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === 'string') return value;
  throw textError(400, `Invalid input: ${name} must be a string`);
}

export function readNullableText(fields: Fields, name: string): string | null | undefined {
  return fields[name] === null ? null : readText(fields, name);
}

export function requireText(fields: Fields, name: string): string {
  const value = readText(fields, name);
  if (value === undefined || value === '') throw textError(400, `Invalid input: ${name} is required`);
  return value;
}

export function readBoolean(fields: Fields, name: string): boolean | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw textError(400, `Invalid input: ${name} must be a boolean`);
}

/** Null is "unscoped" and allowed. */
export function readScopes(fields: Fields): string[] | null | undefined {
  return readNames(fields, 'scopes');
}

export function readNames(fields: Fields, name: string): string[] | null | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return value;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw textError(400, `Invalid input: ${name} must be a list of strings`);
}

export function readEmail(fields: Fields): string | undefined {
  const email = readText(fields, 'email');
  if (email !== undefined && !/^[^\s@<>]+@[^\s@<>]+$/.test(email))
    throw textError(400, "Format of 'email' should be email");
  return email;
}

/** At most 55 characters, without `<` and `>`. */
export function readPersonName(fields: Fields): string | null | undefined {
  const name = readNullableText(fields, 'name');
  if (typeof name === 'string' && name.length > 55)
    throw textError(400, 'Invalid input: name must be at most 55 characters');
  if (typeof name === 'string' && /[<>]/.test(name))
    throw textError(400, 'Invalid input: name must not contain < or >');
  return name;
}

/** Ids of a to-one or to-many relationship, in order; none where it is absent. */
export function readRelated(relationships: Fields, name: string, type: string): string[] {
  const relationship = relationships[name];
  if (relationship === undefined || relationship === null) return [];
  const data = isObject(relationship) ? relationship['data'] : undefined;
  if (data === undefined || data === null) return [];
  return (Array.isArray(data) ? data : [data]).map((item) => {
    if (!isObject(item) || item['type'] !== type || typeof item['id'] !== 'string') {
      throw textError(400, `Invalid input: ${name} must be references to ${type}`);
    }
    return item['id'];
  });
}
