import { isObject } from '../body.ts';
import { statuses } from './controls.ts';
import type { AwkwardControls } from './controls.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The awkward part of `/control/…`; undefined where it has no such control. @throws TypeError that names the wrong field. */
export function answerAwkward(controls: AwkwardControls, key: string, fields: Fields): unknown {
  switch (key) {
    case 'GET /control/buckets':
      return { buckets: controls.buckets.list() };
    case 'POST /control/buckets':
      return { bucket: controls.buckets.addFrom(fields) };
    case 'DELETE /control/buckets':
      controls.buckets.clear();
      return { buckets: [] };
    case 'POST /control/search-lag':
      controls.setSearchLag(readNumber(fields, 'ms', 0, Number.MAX_SAFE_INTEGER) ?? 0);
      return {};
    case 'POST /control/odd-rows':
      controls.makeOdd({ id: readText(fields, 'id'), omit: readTexts(fields, 'omit') ?? [], set: readSet(fields) });
      return {};
    case 'POST /control/users':
      return { id: controls.addUser(readUser(fields)) };
    case 'POST /control/mapped-memberships':
      controls.addMappedMembership(readText(fields, 'teamId'), readText(fields, 'userId'));
      return {};
    case 'POST /control/locks':
      controls.lock({
        id: readText(fields, 'id'),
        status: readNumber(fields, 'status', 400, 599),
        errors: readTexts(fields, 'errors'),
      });
      return {};
    case 'DELETE /control/locks':
      controls.unlock(readText(fields, 'id'));
      return {};
    case 'POST /control/habits':
      controls.setHabits(readHabits(fields));
      return {};
    default:
      return undefined;
  }
}

function readUser(fields: Fields): Parameters<AwkwardControls['addUser']>[0] {
  const { name = null, status = 'Active' } = fields;
  if (name !== null && typeof name !== 'string') throw new TypeError('name: expected a string or null');
  const known = statuses.find((one) => one === status);
  if (known === undefined) throw new TypeError(`status: expected one of ${statuses.join(', ')}`);
  return {
    email: readText(fields, 'email'),
    name,
    status: known,
    serviceAccount: readBoolean(fields, 'serviceAccount') ?? false,
    roleIds: readTexts(fields, 'roleIds') ?? [],
  };
}

/** Only what is given, so that the rest stays. */
function readHabits(fields: Fields): Parameters<AwkwardControls['setHabits']>[0] {
  const stripsRolesAtLogin = readBoolean(fields, 'stripsRolesAtLogin');
  const neverAccept = readNumber(fields, 'neverAccept', 0, 1);
  const { defaultRole } = fields;
  if (defaultRole !== undefined && defaultRole !== null && typeof defaultRole !== 'string')
    throw new TypeError("defaultRole: expected a role's name, or null");
  return {
    ...(stripsRolesAtLogin === undefined ? {} : { stripsRolesAtLogin }),
    ...(neverAccept === undefined ? {} : { neverAccept }),
    ...(defaultRole === undefined ? {} : { defaultRole }),
  };
}

function readText(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new TypeError(`${name}: a non-empty string is required`);
}

function readTexts(fields: Fields, name: string): readonly string[] | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw new TypeError(`${name}: expected a list of strings`);
}

function readSet({ set = {} }: Fields): Fields {
  if (isObject(set)) return set;
  throw new TypeError('set: expected an object, such as {"attributes.status": "Suspended"}');
}

function readBoolean(fields: Fields, name: string): boolean | undefined {
  const value = fields[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw new TypeError(`${name}: expected true or false`);
}

function readNumber(fields: Fields, name: string, least: number, most: number): number | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new TypeError(`${name}: expected a number from ${least} to ${most}`);
}
