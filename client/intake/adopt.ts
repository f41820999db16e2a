import { createHash } from 'node:crypto';
import { basename } from 'node:path';
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
import { readRoster, settingsOf, type OddRow, type RowIdentity } from './roster/read.ts';
import { closeTaken, recordRefusals } from './roster/refusals.ts';
import { filled } from './attributes.ts';

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
  /** What the roster holds, where there is one. */
  readonly file?: People;
  readonly people: ReadonlyMap<string, Candidate>;
  readonly accounts: ReadonlyMap<string, Account>;
}

/** Reads Datadog and the inventory; writes nothing. */
export async function planAdoptionHere(request: AdoptionRequest): Promise<HashedPlan> {
  return (await plan(request)).plan;
}

/** Binds accounts, records what is held, and leaves evidence. Nothing is written to Datadog. */
export async function applyAdoption(request: AdoptionRequest, hash: string, by: Operator & Why): Promise<HashedPlan> {
  const { plan: planned, people, accounts, file } = await plan(request);
  if (planned.hash !== hash) {
    throw new RefusedError(
      `Nothing is adopted: the plan is ${planned.hash} now, not ${hash}: something has changed since. See it with \`npx muster adopt plan\``,
    );
  }
  const { inventory, takeover, policy, roster = '' } = request;
  if (file !== undefined) {
    const at = new Date().toISOString();
    const here = { source: policy.roster.source, way: 'adopt', file: basename(roster), at } as const;
    const refusedIds = await recordRefusals(inventory, file.odd, here);
    await closeTaken(inventory, { taken: file.taken, refusedIds }, here);
  }
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
  const file = roster === undefined ? undefined : await readPeople(roster, policy);
  for (const candidate of file?.candidates ?? []) {
    if (!processed.has(candidate.personId)) people.set(candidate.personId, candidate);
  }
  const bound = new Map(
    known.flatMap(({ personId, accountId }) => (accountId === undefined ? [] : [[accountId, personId] as const])),
  );
  const accounts = heldAccounts(organization);
  const adoption = planAdoption({ people: [...people.values()], accounts, bound, policy });
  const ambiguous = [
    ...adoption.ambiguous,
    ...(file?.odd ?? []).map(({ line, message }) => ({ what: `line ${line} of the roster`, why: message })),
  ];
  const said = { takeover, notVisible: organization.notVisible, ...adoption, ambiguous };
  const hash = createHash('sha256').update(canonicalJson(said)).digest('hex').slice(0, 16);
  return {
    plan: { hash, ...said },
    file,
    people,
    accounts: new Map(organization.accounts.map((one) => [one.id, one])),
  };
}

interface People {
  readonly candidates: readonly Candidate[];
  /** Lines that name nobody who can be adopted. */
  readonly odd: readonly OddRow[];
  readonly taken: readonly RowIdentity[];
}

/** Throws a `UsageError` where the file cannot be used, or where it has columns that somebody has to decide. */
async function readPeople(path: string, policy: Policy): Promise<People> {
  const { rows, cells, odd, decisions } = await readRoster(path, settingsOf(policy, policy.roster.source));
  if (decisions.length > 0)
    throw new UsageError(`${path}: the policy has to say what these are: ${decisions.join('; ')}`);
  const candidates: Candidate[] = [];
  const nameless: OddRow[] = [];
  const taken: RowIdentity[] = [];
  for (const row of rows) {
    const { externalId = '', email, status, line, name, title, department, manager, timeZone, extra } = row;
    if (row.isOdd === true || status === 'ended') continue;
    if (email === undefined || !personIdPattern.test(externalId)) {
      nameless.push({ line, message: `personId must be ${personIdRule}`, who: row, cells: cells.get(line) ?? {} });
    } else {
      const attributes = { email, ...filled({ name, title, department, manager, timeZone, extra }) };
      taken.push({ line, externalId, email });
      candidates.push({ personId: externalId, employment: 'unknown', attributes });
    }
  }
  return { candidates, taken, odd: [...odd, ...nameless] };
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
