import { log } from '@temporalio/activity';
import { hourMs } from '../../domain/durations.ts';
import type { Datadog, LogItem } from '../../datadog/types.ts';
import type { MarkName, SignedLink } from '../../inventory/port/evidence.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { withDatadog } from '../attempt.ts';
import { asSync } from './pace.ts';
import type { Dependencies } from '../dependencies.ts';

/** Datadog takes 1,000 logs and 5 MB in one request. */
const most = { links: 1_000, bytes: 4_000_000 };
/** The rest goes with the next light sync: nobody who waits for an invitation waits for it. */
const requestsAtOnce = 10;
/** Each has a mark of its own, so that neither waits for the other. */
const markNames = ['noted', 'forwarded'] as const satisfies readonly MarkName[];

type Telling = Pick<Dependencies, 'inventory' | 'policy'>;

/** Whether the end of the chain is to be noted, or a link to be sent. */
export async function isEvidenceUntold({ inventory, policy }: Telling, now = new Date()): Promise<boolean> {
  const [head, noted, forwarded] = await Promise.all([
    inventory.evidenceHead(),
    ...markNames.map((name) => inventory.findMark(name)),
  ]);
  if (head === undefined) return [noted, forwarded].some((mark) => mark !== undefined && mark.seq > 0);
  return isHourAgo(noted?.at, now) || (policy().audit.forward !== undefined && forwarded?.hash !== head.hash);
}

const isHourAgo = (at: string | undefined, now: Date): boolean =>
  at === undefined || now.getTime() - Date.parse(at) >= hourMs;

export function createEvidenceActivities({ datadog, inventory, policy }: Telling & Pick<Dependencies, 'datadog'>) {
  return {
    /**
     * Tells others of the chain, so that one that was cut off or rebuilt does not pass for whole: its end to the log once an hour,
     * and where the policy says so each link to Datadog's logs, in their order and at least once. A Datadog that does not take
     * them is asked again by the next light sync.
     */
    async tellEvidence(): Promise<void> {
      for (const name of markNames) await reportLoss(inventory, name);
      await noteHead(inventory, new Date());
      if (policy().audit.forward === undefined) return;
      try {
        await withDatadog(datadog, (api) => forward(inventory, api), asSync);
      } catch (error) {
        log.warn('evidence was not sent to Datadog', {
          reason: error instanceof Error ? error.message : String(error),
        });
      }
    },
  };
}

/** A link that was told of and is not in the chain any more: what was sent is sent anew, from the beginning. */
async function reportLoss(inventory: Inventory, name: MarkName): Promise<void> {
  const mark = await inventory.findMark(name);
  if (mark === undefined || mark.seq === 0 || (await inventory.holdsLink(mark))) return;
  const { seq, hash, at } = mark;
  log.error('evidence was cut off or replaced: a link that was told of is gone', { told: name, seq, hash, at });
  await inventory.setMark(name, { seq: 0, hash: '', at });
}

async function noteHead(inventory: Inventory, now: Date): Promise<void> {
  const [head, noted] = await Promise.all([inventory.evidenceHead(), inventory.findMark('noted')]);
  if (head === undefined || !isHourAgo(noted?.at, now)) return;
  log.info('evidence head', { ...head });
  await inventory.setMark('noted', { ...head, at: now.toISOString() });
}

async function forward(inventory: Inventory, api: Datadog): Promise<void> {
  for (let request = 0; request < requestsAtOnce; request += 1) {
    const { seq } = (await inventory.findMark('forwarded')) ?? { seq: 0 };
    const links = batchOf(await inventory.linksAfter({ seq, limit: most.links }));
    const last = links.at(-1);
    if (last === undefined) return;
    await api.sendLogs(links.map(logOf));
    await inventory.setMark('forwarded', { seq: last.seq, hash: last.hash, at: new Date().toISOString() });
  }
}

/** As many as fit into one request, at least one. */
function batchOf(links: readonly SignedLink[]): readonly SignedLink[] {
  let bytes = 0;
  const end = links.findIndex((link) => (bytes += Buffer.byteLength(JSON.stringify(logOf(link))) + 1) > most.bytes);
  return end === -1 ? links : links.slice(0, Math.max(end, 1));
}

/** No field is a date to Datadog, which drops logs that are older than 18 hours. */
function logOf({ seq, hash, signature, text, entry }: SignedLink): LogItem {
  const { personId, eventId, action, actor } = entry;
  return {
    ddsource: 'muster',
    service: 'muster',
    message: `evidence ${seq}: ${action}`,
    seq: String(seq),
    hash,
    signature,
    entry: text,
    personId,
    eventId,
    action,
    actor,
  };
}
