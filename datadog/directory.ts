import type { Sender } from './http.ts';
import { readPages, readWhole, type Page, type PageQuery } from './paging.ts';
import { readRows } from './rows.ts';
import { permissionRow, roleRow, teamRow } from './schema.ts';

interface Role {
  readonly id: string;
  readonly name: string;
  readonly isManaged: boolean;
  readonly permissionIds: readonly string[];
}

export interface Team {
  readonly id: string;
  readonly handle: string;
  readonly name: string;
  readonly isManaged: boolean;
}

/** The organization's roles and teams, as of a minute ago at most. */
export interface Directory {
  roles(): Promise<readonly Role[]>;
  teams(): Promise<readonly Team[]>;
  /** Names of permissions by id. */
  permissions(): Promise<ReadonlyMap<string, string>>;
  forget(): void;
}

/** Shared by all attempts: what was read, and when (milliseconds). */
export interface DirectoryCache {
  roles?: Entry<Role>;
  teams?: Entry<Team>;
  permissions?: Entry<readonly [id: string, name: string]>;
}

interface Entry<T> {
  readonly rows: readonly T[];
  readonly readAt: number;
}

const cachedForMs = 60_000;

export function createDirectory(http: Sender, cache: DirectoryCache): Directory {
  return {
    async roles() {
      if (!isFresh(cache.roles)) cache.roles = { rows: await listRoles(http), readAt: Date.now() };
      return cache.roles.rows;
    },
    async teams() {
      if (!isFresh(cache.teams)) cache.teams = { rows: await listTeams(http), readAt: Date.now() };
      return cache.teams.rows;
    },
    async permissions() {
      if (!isFresh(cache.permissions)) {
        cache.permissions = { rows: [...(await listPermissions(http))], readAt: Date.now() };
      }
      return new Map(cache.permissions.rows);
    },
    forget() {
      delete cache.roles;
      delete cache.teams;
    },
  };
}

const isFresh = <T>(entry: Entry<T> | undefined): entry is Entry<T> =>
  entry !== undefined && Date.now() - entry.readAt < cachedForMs;

/** For a process what there is; for a sync all of it, or a failure. */
const readList = <T extends { readonly id: string }>(
  http: Sender,
  { operation, isWhole }: { readonly operation: string; readonly isWhole: boolean },
  readPage: (query: PageQuery) => Promise<Page<T>>,
): Promise<readonly T[]> => (isWhole ? readWhole(http, operation, readPage) : readPages(readPage));

/** `GET /roles`, permission user_access_read. */
export async function listRoles(http: Sender, isWhole = false): Promise<readonly Role[]> {
  const operation = 'list roles';
  return readList(http, { operation, isWhole }, async (query) => {
    const permission = 'user_access_read';
    const answer = await http.send({ method: 'GET', path: '/api/v2/roles', query, operation, permission });
    const page = readRows(http, roleRow, answer, operation);
    const rows = page.rows.map(({ id, attributes, relationships }) => {
      const { name, managed } = attributes ?? {};
      if (name === null || name === undefined) http.noteOdd({ list: operation, id, why: 'attributes.name is missing' });
      const permissionIds = (relationships?.permissions?.data ?? []).map((one) => one.id);
      return { id, name: name ?? id, isManaged: managed ?? false, permissionIds };
    });
    return { ...page, rows };
  });
}

/** `GET /team`, permission teams_read. Its pages end with an empty one, whatever `next_number` says. */
export async function listTeams(http: Sender, isWhole = false): Promise<readonly Team[]> {
  const operation = 'list teams';
  return readList(http, { operation, isWhole }, async (query) => {
    const answer = await http.send({ method: 'GET', path: '/api/v2/team', query, operation, permission: 'teams_read' });
    const page = readRows(http, teamRow, answer, operation);
    const rows = page.rows.map(({ id, attributes }) => ({
      id,
      handle: attributes.handle,
      name: attributes.name,
      isManaged: attributes.is_managed ?? false,
    }));
    return { ...page, rows };
  });
}

/** `GET /permissions`, permission user_access_read: names by id. */
export async function listPermissions(http: Sender): Promise<ReadonlyMap<string, string>> {
  const operation = 'list permissions';
  const answer = await http.send({
    method: 'GET',
    path: '/api/v2/permissions',
    operation,
    permission: 'user_access_read',
  });
  const { rows } = readRows(http, permissionRow, answer, operation);
  return new Map(rows.map(({ id, attributes }) => [id, attributes.name]));
}
