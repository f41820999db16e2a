import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { openAttestor, type Attestor } from '../../auth/attestation.ts';
import type { Keys } from '../../auth/keys.ts';
import type { DatadogClient } from '../../datadog/types.ts';
import { openInventory } from '../support/inventory.ts';
import { keysIn } from '../support/operators.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { createAwaitingActivities } from '../../activities/person/awaiting.ts';
import { createAccountActivities } from '../../activities/person/account.ts';
import { createCorrelationActivities } from '../../activities/person/correlation.ts';
import { createEntitlementActivities } from '../../activities/person/entitlements.ts';
import { createHoldingsActivities } from '../../activities/person/holdings.ts';
import { createInvitationActivities } from '../../activities/person/invitations.ts';
import type { SimulatorOptions } from '../../simulator/index.ts';
import type { Because } from '../../domain/evidence.ts';
import {
  followedFields,
  type HrEvent,
  type PersonAttributes,
  type ResolvedEntitlement,
  type SeenAccount,
} from '../../domain/model.ts';
import { drive, openPair, type Pair } from './pair.ts';
import { loadPolicy } from '../../policy/file.ts';
import { examplePolicyPath } from '../../config/config.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { Dependencies } from '../../activities/dependencies.ts';

export type PersonActivities = ReturnType<typeof createPersonActivities>;

/** The activities on one person between a simulated Datadog and a real inventory. */
export interface World extends Pair {
  readonly inventory: Inventory;
  readonly policy: Policy;
  readonly policyHash: string;
  readonly attestor: Attestor;
  readonly keys: Keys;
  readonly activities: PersonActivities;
  /** HR says this of the person; the first time it is event e-1. */
  tell(word: PersonAttributes, personId?: string): Promise<void>;
  /** HR says that p-1 leaves now, and the change budget lets them. Of an account that is given it is kept what it holds. */
  leave(accountId?: string): Promise<Because>;
  /** HR says that p-1 is back. */
  comeBack(word: PersonAttributes): Promise<Because>;
  /** Everybody is granted both. */
  readonly role: ResolvedEntitlement;
  readonly team: ResolvedEntitlement;
  /** One attempt of an activity that has been tried for so long, as the worker would run it; all its HTTP ends after `httpMs`. */
  attempt<T>(attempt: number, use: (activities: PersonActivities) => Promise<T>, tried?: Tried): Promise<T>;
}

/** `client` may stand before the real one. */
export async function openWorld(
  {
    httpMs = 300,
    word,
    policy: changed = (one) => one,
    ...options
  }: SimulatorOptions & {
    readonly httpMs?: number;
    readonly word?: PersonAttributes;
    readonly policy?: (policy: Policy) => Policy;
  } = {},
  wrap: (client: DatadogClient) => DatadogClient = (client) => client,
): Promise<World> {
  await using opened = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'muster-activities-'));
  opened.defer(() => rm(home, { recursive: true, force: true }));
  const inventory = opened.use(await openInventory({ file: join(home, 'inventory.db') }));
  const pair = opened.use(await openPair(options));
  const example = await loadPolicy(examplePolicyPath, { datadogIsSimulator: true });
  const policy = changed({ ...example, rules: [everyone] });
  const attestor = openAttestor({ file: join(home, 'signing.key'), isGiven: false });
  const keys = keysIn(home);
  const dependencies: Dependencies = {
    datadog: wrap(pair.client),
    inventory,
    policy: () => policy,
    notify: { send: () => undefined },
    importRosters: async () => [],
    fetchRecord: async () => [],
    engine: undefined as never,
    signals: {
      activated: async () => false,
      submit: async () => undefined,
      look: async () => undefined,
      hasOpenRun: async () => false,
    },
    attestations: attestor,
    keys,
  };
  const activities = createPersonActivities(dependencies);
  let told = 0;
  const say = async (event: Pick<HrEvent, 'kind' | 'immediate' | 'person'>, personId: string): Promise<Because> => {
    const at = new Date(Date.UTC(2026, 0, 1, 0, told)).toISOString();
    told += 1;
    const eventId = told === 1 ? 'e-1' : `e-1:${told}`;
    await inventory.receiveEvent({ eventId, personId, occurredAt: at, effectiveAt: at, source: 'hr', ...event }, at);
    return { personId, eventId };
  };
  async function tell(person: PersonAttributes, personId = 'p-1'): Promise<void> {
    await say({ kind: 'updated', person }, personId);
  }
  if (word !== undefined) await tell(word);
  const [role, team] = await pair.api().resolve([
    { kind: 'role', name: 'Datadog Standard Role' },
    { kind: 'team', name: 'engineering' },
  ]);
  if (role === undefined || team === undefined) throw new Error('not resolved');
  await inventory.rememberEntitlementIds([role, team], new Date().toISOString());
  // Attempts that fail are what these tests are about.
  const logger = new DefaultLogger('ERROR');
  const attempt = <T>(
    count: number,
    use: (activities: PersonActivities) => Promise<T>,
    tried: Tried = {},
  ): Promise<T> =>
    new MockActivityEnvironment(
      {
        attempt: count,
        startToCloseTimeoutMs: 2_000 + httpMs,
        scheduledTimestampMs: Date.now() - (tried.forMs ?? 0),
        currentAttemptScheduledTimestampMs: Date.now(),
        heartbeatDetails: tried.unshownForMs && { unshownSince: Date.now() - tried.unshownForMs },
      },
      { logger },
    ).run(() => use(activities)) as Promise<T>;
  async function leave(accountId?: string): Promise<Because> {
    const because = await say({ kind: 'leaver', immediate: true }, 'p-1');
    const removal = { source: 'hr', kind: 'leaver', urgent: true, at: new Date().toISOString() } as const;
    await inventory.admitRemoval({ ...because, ...removal }, policy.changeBudget);
    if (accountId !== undefined) await attempt(1, (muster) => muster.readLastHoldings(because, accountId));
    return because;
  }
  const kept = opened.move();
  return {
    ...pair,
    inventory,
    policy,
    policyHash: policy.hash,
    attestor,
    keys,
    activities,
    tell,
    leave,
    comeBack: (person) => say({ kind: 'joiner', person }, 'p-1'),
    role,
    team,
    attempt,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** What went before an attempt. */
interface Tried {
  readonly forMs?: number;
  /** For so long Datadog has said yes to what does not show. */
  readonly unshownForMs?: number;
}

const everyone = { name: 'everyone', when: {}, roles: ['Datadog Standard Role'], teams: ['engineering'] };

const createPersonActivities = (dependencies: Dependencies) => ({
  ...createAccountActivities(dependencies),
  ...createAwaitingActivities(dependencies),
  ...createCorrelationActivities(dependencies),
  ...createEntitlementActivities(dependencies),
  ...createHoldingsActivities(dependencies),
  ...createInvitationActivities(dependencies),
});

/** HR says something new of p-1, and their account follows it, as an activity does. */
export async function follow(world: World, id: string, word: PersonAttributes): Promise<SeenAccount> {
  await world.tell(word);
  return drive((attempt) =>
    world.attempt(attempt, (muster) => muster.updateAccount(id, followedFields, { personId: 'p-1', eventId: 'e-1' })),
  );
}

/** The steps of one person's evidence, in order. */
export async function evidenceOf({ inventory }: World, personId = 'p-1'): Promise<readonly string[]> {
  const check = await inventory.verifyEvidence();
  if (!check.ok) throw new Error(`the chain is broken at ${check.seq}: ${check.why}`);
  return (await inventory.listEvidence({ personId, limit: 100, offset: 0 })).map(({ step }) => step);
}
