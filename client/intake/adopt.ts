import { createHash } from 'node:crypto';
import type { DatadogClient } from '../../datadog/types.ts';
import { canonicalJson } from '../../inventory/port/json.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { personIdPattern, personIdRule } from '../../domain/ids.ts';
import { planAdoption, type AdoptionPlan, type Candidate, type HeldAccount } from '../../domain/access/adoption.ts';
import type { Account } from '../../domain/model.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { RefusedError, UsageError } from '../../domain/errors.ts';
import { recordDecision, type Operator, type Why } from '../../auth/operator.ts';
import { readOrganization, type Organization } from '../operations/organization.ts';
import { readAll } from '../../domain/pages.ts';
import { readRoster } from './roster/read.ts';

/**
 * Which of the grants found Muster may remove from now on: none (they stay, and are reported), those of today's policy
 * (they follow it from now on), or all (what the policy does not include goes with the next move or reconciliation).
 */
const takeovers = ['none', 'given', 'all'] as const;
export type Takeover = (typeof takeovers)[number];

export interface AdoptionRequest {
  readonly inventory: Inventory;
  readonly datadog: DatadogClient;
  readonly policy: Policy;
  /** A CSV file instead of the people table alone. */
  readonly roster?: string;
  readonly takeover: Takeover;
}

export interface HashedPlan extends AdoptionPlan {
  /** Hash of the whole plan: another state is another plan. */
  readonly hash: string;
  readonly takeover: Takeover;
  readonly notVisible: readonly string[];
}

interface Planned {
  readonly plan: HashedPlan;
  readonly people: ReadonlyMap<string, Candidate>;
  readonly accounts: ReadonlyMap<string, Account>;
}

/** Reads Datadog and the inventory; writes nothing. */
export async function planAdoptionHere(request: AdoptionRequest): Promise<HashedPlan> {
  return (await plan(request)).plan;
}

/** Binds accounts, records what is held, and leaves evidence. Nothing is written to Datadog. */
export async function applyAdoption(request: AdoptionRequest, hash: string, by: Operator & Why): Promise<HashedPlan> {
  const { plan: planned, people, accounts } = await plan(request);
  if (planned.hash !== hash) {
    throw new RefusedError(
      `Nothing is adopted: the plan is ${planned.hash} now, not ${hash}: something has changed since. See it with \`npx muster adopt plan\``,
    );
  }
  const { inventory, takeover } = request;
  for (const { personId, accountId, email, holds } of planned.matches) {
    const at = new Date().toISOString();
    const person = people.get(personId);
    const account = accounts.get(accountId);
    const grants = holds.map(({ isGiven, ...held }) => {
      const isTaken = takeover === 'all' || (takeover === 'given' && isGiven);
      return { ...held, reason: isTaken ? ('adopted' as const) : ('preexisting' as const) };
    });
    await inventory.inTransaction(async (trx) => {
      const bound = (await trx.findPerson(personId))?.accountId;
      const { conflict } = await trx.bindAccount(personId, accountId, at);
      if (conflict !== undefined)
        throw new RefusedError(`Account ${accountId} has just been bound to person ${conflict}`);
      if (person?.employment === 'unknown') {
        await trx.adoptPerson({ personId, attributes: person.attributes, employment: 'employed', at });
      }
      for (const grant of grants)
        await trx.openGrant({ ...grant, personId, accountId, since: at, because: `adoption ${hash}` });
      if (account !== undefined) await trx.writeAccounts({ accounts: [account], seenAt: at });
      await recordDecision(trx, by, {
        personId,
        eventId: `adopt:${hash}`,
        step: `adopt:${accountId}`,
        at,
        action: 'adopt account',
        reason: by.reason ?? `adopt apply ${hash}`,
        before: { accountId: bound ?? null },
        after: { accountId, email, grants },
      });
    });
  }
  return planned;
}

async function plan({ inventory, datadog, policy, roster, takeover }: AdoptionRequest): Promise<Planned> {
  const organization = await readOrganization(datadog, { withMembers: true });
  const known = await readAll((limit, offset) => inventory.listPeople({ limit, offset }));
  const people = new Map<string, Candidate>(
    known.flatMap(({ personId, attributes, employment, accountId }) =>
      attributes === undefined || employment === 'joining'
        ? []
        : [[personId, { personId, attributes, employment, accountId }] as const],
    ),
  );
  // The inventory is newer than a file.
  const processed = new Set(known.filter(({ attributes }) => attributes !== undefined).map(({ personId }) => personId));
  for (const candidate of roster === undefined ? [] : await readPeople(roster)) {
    if (!processed.has(candidate.personId)) people.set(candidate.personId, candidate);
  }
  const bound = new Map(
    known.flatMap(({ personId, accountId }) => (accountId === undefined ? [] : [[accountId, personId] as const])),
  );
  const accounts = heldAccounts(organization);
  const adoption = planAdoption({ people: [...people.values()], accounts, bound, policy });
  const said = { takeover, notVisible: organization.notVisible, ...adoption };
  const hash = createHash('sha256').update(canonicalJson(said)).digest('hex').slice(0, 16);
  return { plan: { hash, ...said }, people, accounts: new Map(organization.accounts.map((one) => [one.id, one])) };
}

async function readPeople(path: string): Promise<readonly Candidate[]> {
  const { rows, problems } = await readRoster(path);
  const nameless = rows.filter(({ externalId }) => externalId === undefined || !personIdPattern.test(externalId));
  const wrong = [
    ...problems.map(({ line, message }) => `line ${line}: ${message}`),
    ...nameless.map(({ line }) => `line ${line}: personId must be ${personIdRule}`),
  ];
  const [first] = wrong;
  if (first !== undefined)
    throw new UsageError(`${path}: ${first}${wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : ''}`);
  return rows.map(({ externalId = '', email, name, title, department, manager, timeZone, extra }) => {
    const said = { name, title, department, manager, timeZone, extra };
    const filled = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
    return { personId: externalId, employment: 'unknown', attributes: { email, ...filled } };
  });
}

function heldAccounts({ accounts, roles, teams = [], memberships }: Organization): HeldAccount[] {
  const roleNames = new Map(roles.map(({ id, name }) => [id, name]));
  const teamsById = new Map(teams.map((team) => [team.id, team]));
  return accounts
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, email, handle, status, isServiceAccount, roleIds }) => ({
      id,
      email,
      handle,
      status,
      isServiceAccount,
      holds: [
        ...roleIds.map((roleId) => ({ kind: 'role' as const, id: roleId, name: roleNames.get(roleId) ?? roleId })),
        // Teams that are managed outside are never written.
        ...(memberships.get(id) ?? []).toSorted().flatMap((teamId) => {
          const team = teamsById.get(teamId);
          return team === undefined || team.isManaged ? [] : [{ kind: 'team' as const, id: teamId, name: team.handle }];
        }),
      ],
    }));
}
