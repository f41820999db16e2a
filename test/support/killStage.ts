import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAttestor } from '../../auth/attestation.ts';
import { openInventory } from './inventory.ts';
import type { TokenRow } from '../../inventory/port/tokens.ts';
import { RefusedError } from '../../domain/errors.ts';
import { createMuster } from '../../client/operations/muster.ts';
import { startSimulator, type Simulator } from '../../simulator/index.ts';
import { accountActivatedSignal, personWorkflowId } from '../../domain/contracts.ts';
import type { Outcome, Phase } from '../../domain/model.ts';
import { startDevServer } from './engine.ts';
import { startGate } from './gate.ts';
import { eventually, hrEvent } from './muster.ts';
import { giveToken, operator } from './operators.ts';
import { startProgram, type Program } from './processes.ts';

/** Against a process that is stuck, not a measure: after a kill an activity comes back after 15 seconds. */
const outcomeWithinMs = 180_000;
const pollEveryMs = 250;

export type KillStage = Awaited<ReturnType<typeof openKillStage>>;

export interface KillStageOptions {
  /** In YAML. */
  readonly policy: string;
  /** Application keys: Muster's, and the one by which the end is read. Else both are the simulator's. */
  readonly keys?: (simulator: Simulator) => Promise<{ readonly muster: string; readonly reader: string }>;
}

/** An engine, a simulated Datadog behind a gate, an inventory, and workers that are processes of their own. */
export async function openKillStage({ policy, keys }: KillStageOptions) {
  await using opened = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'muster-killed-'));
  opened.defer(() => rm(home, { recursive: true, force: true }));
  const { client, env: temporal } = opened.use(await startDevServer());
  const simulated = opened.use(await startSimulator());
  const given = await keys?.(simulated);
  const simulator: Simulator = { ...simulated, appKey: given?.reader ?? simulated.appKey };
  const gate = opened.use(await startGate(simulator.url));
  const inventory = opened.use(await openInventory({ file: join(home, 'inventory.db') }));
  const attestor = openAttestor({ file: join(home, 'signing.key'), isGiven: false });
  const muster = createMuster({ client, inventory, attestor });
  const writePolicy = (text: string): Promise<void> => writeFile(join(home, 'policy.yaml'), text);
  await writePolicy(policy);

  const wait = <T>(what: string, read: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> =>
    eventually(what, read, outcomeWithinMs, pollEveryMs);
  const asked = (personId: string) =>
    wait(`${personId}'s access to be asked for`, async () => {
      const [approval] = await inventory.listApprovals({ state: 'open', personId });
      return approval;
    });
  const kept = opened.move();
  return {
    ...{ client, simulator, gate, inventory, muster, wait, asked, writePolicy, policy },
    asOperator: { client, inventory, muster, ...operator },

    startWorker(): Program {
      const worker = startProgram('workers/main.ts', {
        env: {
          ...temporal,
          MUSTER_HOME: home,
          MUSTER_POLICY: join(home, 'policy.yaml'),
          MUSTER_DATADOG_URL: gate.url,
          DD_API_KEY: simulator.apiKey,
          DD_APP_KEY: given?.muster ?? simulated.appKey,
        },
      });
      kept.defer(async () => void (await worker.end('SIGKILL')));
      return worker;
    },

    async submit(...[kind, personId, options]: Parameters<typeof hrEvent>) {
      const event = hrEvent(kind, personId, options);
      await muster.submitEvent(event);
      return event;
    },
    phase: (personId: string, phase: Phase) =>
      wait(`${personId} to be in phase ${phase}`, async () => {
        const people = await inventory.listPeople({ limit: 200, offset: 0 });
        return people.some((one) => one.personId === personId && one.phase === phase);
      }),
    outcome: ({ eventId }: { readonly eventId: string }): Promise<Outcome> =>
      wait(`the outcome of ${eventId}`, async () => (await inventory.findEvent(eventId))?.outcome),
    caught: (subject: string) => wait(`${subject} to be in the middle`, () => gate.caught(subject) === 1),
    evidence: (personId: string) => inventory.listEvidence({ personId, limit: 100, offset: 0 }),
    refusals: async (personId: string) => (await muster.status(personId))?.refused ?? [],

    /** The person follows the link, and the sync says so. */
    async accept(personId: string): Promise<string> {
      const accountId = (await inventory.findPerson(personId))?.accountId ?? '';
      simulator.accept(accountId);
      await client.workflow.getHandle(personWorkflowId(personId)).signal(accountActivatedSignal, { accountId });
      return accountId;
    },
    async tokenOf(personId: string): Promise<TokenRow> {
      const { token: _shownOnce, ...row } = await giveToken({ inventory, home }, { role: 'approver', personId });
      return row;
    },
    async approve(personId: string, by: TokenRow): Promise<void> {
      const { approvalId } = await asked(personId);
      const decision = { decisionId: randomUUID(), approvalId, verdict: 'approve', actor: '' } as const;
      await wait(`the approval for ${personId}`, () => muster.decide(decision, by));
    },
    /** In which words a decision is refused. */
    async refusal(personId: string, by: TokenRow | string): Promise<string> {
      const { approvalId } = await asked(personId);
      const decision = { approvalId, verdict: 'approve', actor: typeof by === 'string' ? by : '' } as const;
      return wait(`a refusal for ${personId}`, async () => {
        try {
          await muster.decide(decision, typeof by === 'string' ? undefined : by);
        } catch (error) {
          if (error instanceof RefusedError) return error.message;
          throw error;
        }
        return 'it was counted';
      });
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
