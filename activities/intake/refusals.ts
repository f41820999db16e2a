import { dayMs } from '../../domain/durations.ts';
import { foundRefusedItems } from '../../domain/findings/refusals.ts';
import type { Dependencies } from '../dependencies.ts';
import { wholePage } from '../../inventory/port/findings.ts';

const keepPayloadsMs = 30 * dayMs;

/** Tells people of what a source said and Muster could not take, as findings and once as a notice; forgets what was said in time. */
export async function watchRefusals(
  { inventory, notify }: Pick<Dependencies, 'inventory' | 'notify'>,
  nowMs: number,
): Promise<void> {
  const at = new Date(nowMs).toISOString();
  await inventory.forgetRefusedPayloads(new Date(nowMs - keepPayloadsMs).toISOString());
  const found = foundRefusedItems(await inventory.openRefusals());
  await inventory.writeFindings(wholePage({ foundAt: 'intake', found, at }));
  for (const { source, way, leaving, others } of await inventory.takeUntoldRefusals(at)) {
    const details = { source, way, leaversOrUnknown: leaving, others, see: 'npx muster intake refused list' };
    notify.send({ kind: 'refusedByIntake', personId: '', to: [], details });
  }
}
