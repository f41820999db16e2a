import { randomUUID } from 'node:crypto';
import type { FindingRow } from '../../inventory/port/findings.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { recordDecision, type Operator } from '../../auth/operator.ts';

interface Mute {
  readonly id: string;
  readonly until: string;
  readonly reason: string;
}

/** Mutes a finding for a while; its drift is not repaired meanwhile. Undefined where there is none. */
export async function muteFinding(
  inventory: Pick<Inventory, 'inTransaction'>,
  by: Operator,
  { id, until, reason }: Mute,
  now = new Date(),
): Promise<FindingRow | undefined> {
  const at = now.toISOString();
  return inventory.inTransaction(async (trx) => {
    const muted = await trx.muteFinding(id, { until, reason, at });
    if (muted === undefined) return undefined;
    const { before, after } = muted;
    await recordDecision(trx, by, {
      personId: after.personId ?? `finding/${id}`,
      eventId: `mute:${randomUUID()}`,
      step: 'mute',
      at,
      action: 'mute finding',
      reason,
      before: { state: before.state, mutedUntil: before.mutedUntil },
      after: { finding: id, kind: after.kind, name: after.name, mutedUntil: until },
    });
    return after;
  });
}
