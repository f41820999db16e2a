import type { Access, Entitlement, ResolvedEntitlement } from '../domain/model.ts';
import { unknownEntitlement } from '../domain/failures.ts';
import { entitlementKey } from '../domain/access/plan.ts';
import { privilegesIn } from '../domain/access/privileged.ts';
import { userPath } from './accounts.ts';
import type { Directory, Team } from './directory.ts';
import { DatadogFailure, isFailure, withoutOn } from './failures.ts';
import type { Sender } from './http.ts';
import { similarNames } from '../domain/text.ts';
import { readPages } from './paging.ts';
import { pathId } from './pathId.ts';
import { readRows } from './rows.ts';
import { membershipRow, parse, permissionsAnswer, toAccount, userSchema } from './schema.ts';
import type { DatadogReads, DatadogWrites } from './types.ts';

const read = 'user_access_read';
const manage = 'user_access_manage';
const readTeams = 'teams_read';
const manageTeams = 'teams_manage';
/** How an account's list of memberships is called in failures and odd rows. */
export const memberships = 'list team memberships';

type GrantReads = Pick<
  DatadogReads,
  'resolve' | 'getAccess' | 'listTeamsOf' | 'refuseManaged' | 'listRoleMembers' | 'rolePermissions'
>;

export function createGrantReads(
  http: Sender,
  directory: Directory,
  { getAccount }: Pick<DatadogReads, 'getAccount'>,
): GrantReads {
  return {
    listTeamsOf: (accountId) => listTeamsOf(http, directory, accountId),
    resolve: (entitlements, knownIds) => resolveNames(directory, entitlements, knownIds),

    async getAccess(accountId, { withoutTeams = false } = {}) {
      const account = await getAccount(accountId);
      if (account === undefined) return undefined;
      const roleName = new Map((await directory.roles()).map(({ id, name }) => [id, name]));
      const named = account.roleIds.map(async (id) => {
        const name = roleName.get(id);
        if (name === undefined && (await isGone(http, 'role', id))) return [];
        return [{ kind: 'role' as const, id, name: name ?? id }];
      });
      const roles = (await Promise.all(named)).flat();
      if (withoutTeams) return { account, roles, teams: [], teamsNotVisible: readTeams };
      try {
        return { account, roles, teams: await listTeamsOf(http, directory, accountId) };
      } catch (error) {
        if (!isFailure(error, 'NotAuthorized') || error.missing?.permission !== readTeams) throw error;
        return { account, roles, teams: [], teamsNotVisible: readTeams };
      }
    },

    async refuseManaged({ kind, id, name }) {
      if (kind !== 'team') return;
      const team = (await directory.teams()).find((one) => one.id === id);
      if (team?.isManaged !== true) return;
      throw new DatadogFailure(
        'Conflict',
        `team ${name} is managed outside Datadog: change its members there, or take the team out of the policy`,
      );
    },

    /** `GET /roles/{id}/users`, permission user_access_read. */
    async listRoleMembers(roleId) {
      const operation = 'list users of role';
      const path = `/api/v2/roles/${pathId(roleId)}/users`;
      return readPages(async (query) => {
        const answer = await http.send({ method: 'GET', path, query, operation, permission: read });
        const page = readRows(http, userSchema, answer, operation);
        return { ...page, rows: page.rows.map(toAccount) };
      });
    },

    /** `GET /roles/{id}/permissions`, permission user_access_read. */
    async rolePermissions(roleId) {
      const operation = 'list permissions of role';
      const path = `/api/v2/roles/${pathId(roleId)}/permissions`;
      const answer = await withoutOn(['NotFound'], http.send({ method: 'GET', path, operation, permission: read }));
      // Accounts name a role for a while after it was deleted.
      if (answer === undefined) return [];
      return parse(permissionsAnswer, answer, operation).data.map(({ attributes }) => attributes.name);
    },
  };
}

/** Accounts name a role or a team for a while after it was deleted: nobody holds it any more. */
async function isGone(http: Sender, kind: Entitlement['kind'], id: string): Promise<boolean> {
  const path = kind === 'role' ? `/api/v2/roles/${pathId(id)}` : `/api/v2/team/${pathId(id)}`;
  const permission = kind === 'role' ? read : readTeams;
  const found = http.sendForAnswer({ method: 'GET', path, operation: `get ${kind}`, permission });
  return (await withoutOn(['NotFound'], found)) === undefined;
}

/** `GET /users/{id}/memberships`, permission teams_read. */
async function listTeamsOf(http: Sender, directory: Directory, accountId: string): Promise<Access['teams']> {
  const path = `${userPath(accountId)}/memberships`;
  const answer = await http.send({ method: 'GET', path, operation: memberships, permission: readTeams });
  const { rows } = readRows(http, membershipRow, answer, memberships);
  const known = rows.length === 0 ? [] : await directory.teams();
  const held = rows.map(async (membership) => {
    // The described relationship to the team is not always there; the membership's own id names the team too.
    const id =
      membership.relationships?.team?.data.id ?? /^TeamMembership-([0-9a-f-]{36})-/.exec(membership.id ?? '')?.[1];
    if (id === undefined) {
      http.noteOdd({ list: memberships, id: membership.id, why: 'relationships.team is missing' });
      return [];
    }
    const team = known.find((one) => one.id === id);
    if (team === undefined && (await isGone(http, 'team', id))) return [];
    return [{ kind: 'team' as const, id, name: team?.handle ?? id, isManaged: team?.isManaged ?? false }];
  });
  return (await Promise.all(held)).flat();
}

export function createGrantWrites(http: Sender): Pick<DatadogWrites, 'assign' | 'remove'> {
  /** `POST` or `DELETE /roles/{id}/users` (user_access_manage), `/team/{id}/memberships` (teams_manage). */
  async function write(method: 'POST' | 'DELETE', accountId: string, { kind, id }: ResolvedEntitlement): Promise<void> {
    const operation = `${method === 'POST' ? 'add to' : 'remove from'} ${kind}`;
    const user = { id: accountId, type: 'users' };
    if (kind === 'role') {
      const path = `/api/v2/roles/${pathId(id)}/users`;
      await http.send({ method, path, body: { data: user }, operation, permission: manage });
      return;
    }
    const members = `/api/v2/team/${pathId(id)}/memberships`;
    await http.send(
      method === 'POST'
        ? {
            method,
            path: members,
            body: { data: { type: 'team_memberships', relationships: { user: { data: user } } } },
            operation,
            permission: manageTeams,
          }
        : { method, path: `${members}/${pathId(accountId)}`, operation, permission: manageTeams },
    );
  }

  return {
    assign: (accountId, entitlement) => write('POST', accountId, entitlement),
    remove: (accountId, entitlement) => write('DELETE', accountId, entitlement),
  };
}

/**
 * Names to ids. A name that the cache lacks may be new: it is read afresh once before it counts as unknown. An id that a
 * name had before stays its id, whatever it is called now; where it is gone, another bearer of the name is none.
 */
async function resolveNames(
  directory: Directory,
  entitlements: readonly Entitlement[],
  knownIds: ReadonlyMap<string, string> = new Map(),
): Promise<readonly ResolvedEntitlement[]> {
  const resolveAll = async () => {
    const isNamed = (kind: Entitlement['kind']) => entitlements.some((entitlement) => entitlement.kind === kind);
    const roles = isNamed('role') ? await directory.roles() : [];
    const teams = isNamed('team') ? await directory.teams() : [];
    return entitlements.map((entitlement) => {
      const before = knownIds.get(entitlementKey({ kind: entitlement.kind, id: entitlement.name }));
      const named = matching(entitlement, roles, teams);
      const isThere = [...roles, ...teams].some(({ id }) => id === before);
      const matches = before === undefined ? named : isThere ? [before] : [];
      return { entitlement, matches, isMadeAnew: before !== undefined && !isThere && named.length > 0, roles, teams };
    });
  };
  let looked = await resolveAll();
  if (looked.some(({ matches }) => matches.length !== 1)) {
    directory.forget();
    looked = await resolveAll();
  }
  const problems = looked.flatMap(({ entitlement: { kind, name }, matches, isMadeAnew, roles, teams }) => {
    if (matches.length === 1) return [];
    if (isMadeAnew) {
      return [
        `the ${kind} "${name}" is another one than before (it was made anew in Datadog): if that is meant, \`npx muster policy accept ${kind} "${name}"\``,
      ];
    }
    if (matches.length > 1) return [`the ${kind} "${name}" exists ${matches.length} times (${matches.join(', ')})`];
    const known = kind === 'role' ? roles.map((role) => role.name) : teams.map((team) => team.handle);
    const similar = similarNames(name, known);
    return [`there is no ${kind} "${name}"${similar.length === 0 ? '' : ` (similar: ${similar.join(', ')})`}`];
  });
  if (problems.length > 0) {
    throw new DatadogFailure(unknownEntitlement, `${problems.join('; ')}: correct the policy, or create it in Datadog`);
  }
  const isNamed = entitlements.some(({ kind }) => kind === 'role');
  const permissionName = isNamed ? await directory.permissions() : new Map<string, string>();
  return looked.map(({ entitlement, matches, roles, teams }) => {
    const id = matches[0] as string;
    const now =
      entitlement.kind === 'role' ? roles.find((role) => role.id === id) : teams.find((team) => team.id === id);
    const names = now === undefined ? [] : 'handle' in now ? [now.handle, now.name] : [now.name];
    const nameNow = names.includes(entitlement.name) ? undefined : names[0];
    const permissionIds = entitlement.kind === 'role' ? roles.find((role) => role.id === id)?.permissionIds : undefined;
    const privileges = privilegesIn((permissionIds ?? []).map((one) => permissionName.get(one) ?? one));
    return {
      ...entitlement,
      id,
      ...(privileges.length > 0 ? { isPrivileged: true } : {}),
      ...(nameNow === undefined ? {} : { nameNow }),
    };
  });
}

function matching(
  { kind, name }: Entitlement,
  roles: readonly { id: string; name: string }[],
  teams: readonly Team[],
): string[] {
  if (kind === 'role') return roles.filter((role) => role.name === name).map(({ id }) => id);
  const byHandle = teams.filter((team) => team.handle === name);
  return (byHandle.length > 0 ? byHandle : teams.filter((team) => team.name === name)).map(({ id }) => id);
}
