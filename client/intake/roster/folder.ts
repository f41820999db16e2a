import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import type { Muster } from '../../operations/muster.ts';
import { applyPlan, planRosterFile, refuseUndecided } from './apply.ts';
import { RefusedError, TooMuchError, UsageError } from '../../../domain/errors.ts';
import type { RosterImport } from '../../../activities/dependencies.ts';

interface FolderOptions {
  readonly muster: Pick<Muster, 'submitEvent'>;
  readonly inventory: Inventory;
  readonly policy: Policy;
  readonly onProgress: () => void;
  readonly now?: Date;
}

/** A file that changed just now may still be written. */
const settledMs = 5_000;

/**
 * Applies every roster of the watched folder, oldest first, and moves it to `applied`, `held` (above the budget) or
 * `failed` in it. After a crash in between it is applied again: its events are the same.
 */
export async function importFolder(options: FolderOptions): Promise<readonly RosterImport[]> {
  const { policy, now = new Date() } = options;
  const { folder } = policy.roster;
  if (folder === undefined) return [];
  const names = (await readdir(folder)).filter((name) => name.toLowerCase().endsWith('.csv'));
  const files = await Promise.all(
    names.map(async (name) => ({ name, changed: (await stat(join(folder, name))).mtimeMs })),
  );
  const settled = files
    .filter(({ changed }) => now.getTime() - changed >= settledMs)
    .toSorted((a, b) => a.changed - b.changed);
  const imported: RosterImport[] = [];
  for (const { name } of settled) {
    const done = await importFile(join(folder, name), options);
    const target = join(folder, done.result);
    await mkdir(target, { recursive: true });
    await rename(join(folder, name), join(target, `${now.toISOString().replaceAll(':', '')}-${name}`));
    imported.push({ file: name, ...done });
  }
  return imported;
}

async function importFile(path: string, options: FolderOptions): Promise<Omit<RosterImport, 'file'>> {
  const { muster, inventory, policy, onProgress } = options;
  const { source, complete } = policy.roster;
  try {
    const planned = await planRosterFile(inventory, policy, { path, source, isComplete: complete });
    const { plan } = planned;
    refuseUndecided(plan);
    if (plan.budget.isExceeded) {
      const { leavers, limit } = plan.budget;
      return {
        result: 'held',
        detail: `${leavers} would leave and ${plan.missing.length} are missing, more than ${limit}: see \`npx muster roster plan\``,
      };
    }
    const submitted = await applyPlan({ muster, inventory, policy }, planned, { path, onProgress });
    const odd = plan.problems.length + plan.contradictions.length;
    return { result: 'applied', detail: `${submitted} events, ${odd} lines with problems or contradictions` };
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof RefusedError || error instanceof TooMuchError)) throw error;
    return { result: 'failed', detail: error.message };
  }
}
