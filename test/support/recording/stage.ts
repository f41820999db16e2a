import { NativeConnection } from '@temporalio/worker';
import type { Client } from '@temporalio/client';
import { cancelEvent } from '../../../client/operations/undo.ts';
import type { HrEvent, ProcessType } from '../../../domain/model.ts';
import { startDevServer } from '../engine.ts';
import { runsOf, type StoredRun } from '../histories.ts';
import { accountOf, eventually, hrEvent, inPhase, startTestMuster, type TestMuster } from '../muster.ts';
import type { TestMusterOptions } from '../muster.ts';
import { officialClient } from '../officialClient.ts';
import { operator } from '../operators.ts';
import { day, onSkippedTime, type SkippedTime } from '../skippedTime.ts';

type Runs = readonly StoredRun[];

/** Plays one behavior, and returns the runs that it takes. */
export type Scene = () => Promise<Runs>;
export type Scenes = Readonly<Record<string, Scene>>;

export interface Stage extends TestMuster {
  readonly client: Client;
  readonly now: (offsetMs?: number) => Promise<Date>;
}

export const personId = 'e-1';
export const lead = 'security-lead@example.com';
export const readOnly = 'Datadog Read Only Role';
export const standard = 'Datadog Standard Role';
export const admin = 'Datadog Admin Role';

type Options = Partial<TestMusterOptions>;

/** Days pass at once. This server has no schedules, and cannot continue a cancelled run as new. */
export const onSkipped =
  (play: (stage: SkippedTime) => Promise<Runs>, options?: Options): Scene =>
  async () => {
    let runs: Runs = [];
    await onSkippedTime(async (stage) => void (runs = await play(stage)), options);
    return runs;
  };

interface ServerOptions extends Options {
  /** The server suggests to continue as new after so many events. */
  readonly longest?: number;
}

export const onServer =
  (play: (stage: Stage) => Promise<Runs>, { longest, ...options }: ServerOptions = {}): Scene =>
  async () => {
    const settings = longest === undefined ? undefined : { 'limit.historyCount.suggestContinueAsNew': longest };
    await using engine = await startDevServer({ settings });
    const connection = await NativeConnection.connect({ address: engine.address });
    await using opened = new AsyncDisposableStack();
    opened.defer(() => connection.close());
    const { client } = engine;
    const simulator = { people: 20, nhis: 4, seed: 7 };
    const muster = opened.use(await startTestMuster({ client, connection, simulator, ...options }));
    // Awaited here: what is used is closed when this returns.
    return await play({ ...muster, client, now: async (offsetMs = 0) => new Date(Date.now() + offsetMs) });
  };

export const runs = ({ client }: Stage, ...types: readonly ProcessType[]): Promise<Runs> =>
  runsOf(client, personId, types);

let said = 0;

/** Something that HR says now: later than all that it has said. */
export async function say(
  stage: Stage,
  kind: HrEvent['kind'],
  { inMs, ...more }: NonNullable<Parameters<typeof hrEvent>[2]> & { readonly inMs?: number } = {},
): Promise<HrEvent> {
  said += 1;
  const at = await stage.now(said);
  const effectiveAt = inMs === undefined ? {} : { effectiveAt: (await stage.now(inMs)).toISOString() };
  const event = hrEvent(kind, personId, { at, ...effectiveAt, ...more });
  await stage.muster.submitEvent(event);
  return event;
}

export const signal = ({ client }: Stage, name: string, ...args: readonly unknown[]): Promise<void> =>
  client.workflow.getHandle(`person/${personId}`).signal(name, ...args);

export const cancel = ({ client }: Stage) => client.workflow.getHandle(`person/${personId}`).cancel();

/** Signals that say nothing new, and an event of a later day that is withdrawn: what any wait may meet. */
export async function disturb(stage: Stage, kind: HrEvent['kind'] = 'leaver'): Promise<void> {
  await signal(stage, 'recheck');
  await signal(stage, 'hrEvent', { eventId: 'nobody-knows' });
  await signal(stage, 'accountActivated', 'unreadable');
  await withdraw(stage, await say(stage, kind, { inMs: 90 * day }));
}

export const operatorOn = ({ client, inventory, muster }: Stage) => ({ client, inventory, muster, ...operator });

export const withdraw = (stage: Stage, { eventId }: HrEvent) =>
  cancelEvent(operatorOn(stage), { eventId, reason: 'a mistake' });

export async function joins(stage: Stage, department: string): Promise<HrEvent> {
  const joiner = await say(stage, 'joiner', { person: { department } });
  await inPhase(stage, personId, 'waitingForAcceptance');
  return joiner;
}

export async function accept(stage: Stage): Promise<void> {
  const accountId = accountOf(stage, personId)?.id ?? '';
  stage.simulator.accept(accountId);
  await signal(stage, 'accountActivated', { accountId });
}

export async function endOf({ inventory }: Stage, { eventId }: Pick<HrEvent, 'eventId'>, kind = 'completed') {
  const outcome = await eventually(
    `the outcome of ${eventId}`,
    async () => (await inventory.findEvent(eventId))?.outcome,
  );
  if (outcome.kind !== kind)
    throw new Error(`${eventId} ended as ${outcome.kind}, not ${kind}: ${outcome.detail ?? ''}`);
}

export async function employed(stage: Stage, department: string): Promise<void> {
  const joiner = await joins(stage, department);
  await accept(stage);
  await endOf(stage, joiner);
}

export async function approve(stage: Stage, verdict: 'approve' | 'reject' = 'approve'): Promise<void> {
  await stage.muster.decide({ approvalId: await asked(stage), verdict, actor: lead });
}

/** The request that waits for somebody's decision. */
export async function asked({ muster }: Stage): Promise<string> {
  const open = await eventually('an open request', async () =>
    (await muster.status(personId))?.approvals.find(({ state }) => state === 'open'),
  );
  return open.approvalId;
}

/** By somebody else, in Datadog. */
export async function giveRole({ simulator }: Stage, accountId: string, name: string): Promise<void> {
  const { roles } = officialClient(simulator);
  const found = (await roles.listRoles({ pageSize: 100 })).data ?? [];
  const roleId = found.find(({ attributes }) => attributes?.name === name)?.id ?? '';
  await roles.addUserToRole({ roleId, body: { data: { id: accountId, type: 'users' } } });
}

/** Whether the process has said so of itself. */
export const noted = ({ muster }: Stage, text: string) =>
  eventually(`the note: ${text}`, async () =>
    (await muster.status(personId))?.steps.some((step) => step.text.includes(text)),
  );

export const refusedTimes = ({ muster }: Stage, times: number) =>
  eventually(`${times} refusals`, async () => ((await muster.status(personId))?.refused.length ?? 0) >= times);
