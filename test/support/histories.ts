import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { personWorkflowId } from '../../domain/contracts.ts';
import type { ProcessType } from '../../domain/model.ts';

const { History } = proto.temporal.api.history.v1;
const folder = fileURLToPath(new URL('../histories/', import.meta.url));

/** One run as the engine keeps it. The SDK's own JSON functions fail where npm installs two copies of protobufjs. */
export interface StoredRun {
  readonly workflowId: string;
  readonly history: Readonly<Record<string, unknown>>;
}

export const toReplay = ({ history }: StoredRun) => History.fromObject(history);

/** The behaviors of which a run is stored, each with the runs that it takes. */
export async function readHistories(): Promise<ReadonlyMap<string, readonly StoredRun[]>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).toSorted();
  const read = async (name: string) =>
    [name.replace('.json', ''), JSON.parse(await readFile(`${folder}${name}`, 'utf8')) as StoredRun[]] as const;
  return new Map(await Promise.all(names.map(read)));
}

/** The runs of a person's chain that began as one of these types, oldest first. */
export async function runsOf(client: Client, personId: string, types: readonly ProcessType[]): Promise<StoredRun[]> {
  const runs: StoredRun[] = [];
  const workflowId = personWorkflowId(personId);
  // An outcome is on record a moment before its run ends.
  await client.workflow.getHandle(workflowId).result();
  for (let runId = await firstRunId(client, workflowId); runId !== undefined;) {
    const { history, type, next } = await readRun(client, workflowId, runId);
    if (types.some((one) => one === type)) runs.push({ workflowId, history });
    runId = next;
  }
  return runs;
}

async function firstRunId(client: Client, workflowId: string): Promise<string | undefined> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  return raw.workflowExecutionInfo?.firstRunId ?? undefined;
}

export async function readRun(client: Client, workflowId: string, runId?: string) {
  const fetched = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  const started = fetched.events?.[0]?.workflowExecutionStartedEventAttributes;
  const last = fetched.events?.at(-1);
  return {
    history: withoutTheMachine(
      History.toObject(History.create(fetched), { enums: String, longs: String, bytes: String }),
    ),
    type: started?.workflowType?.name,
    next: last?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined,
  };
}

/** `identity` holds the process and the host, and the sticky queue's name too; a stack holds the folders. */
function withoutTheMachine(history: Record<string, unknown>): StoredRun['history'] {
  const json = JSON.stringify(history);
  const identities = new Set([...json.matchAll(/"identity":"([^"]+)"/g)].map(([, identity]) => identity ?? ''));
  const clean = [...identities].reduce((text, identity) => text.replaceAll(identity, 'worker'), json);
  return JSON.parse(clean.replaceAll(/"stackTrace":"(?:[^"\\]|\\.)*"/g, '"stackTrace":""')) as StoredRun['history'];
}

export async function storeHistory(behavior: string, runs: readonly StoredRun[]): Promise<void> {
  if (runs.length === 0) throw new Error(`${behavior}: no run was found`);
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}${behavior}.json`, `${JSON.stringify(runs)}\n`);
}
