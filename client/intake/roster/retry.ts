import { FailedError, RefusedError, UsageError } from '../../../domain/errors.ts';
import { personIdPattern, personIdRule } from '../../../domain/ids.ts';
import type { HrEvent } from '../../../domain/model.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import { readAll } from '../../../domain/pages.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import type { RefusalRow } from '../../../inventory/port/refusals.ts';
import type { Muster } from '../../operations/muster.ts';
import { applyPlan, planAgainst } from './apply.ts';
import { readRow, settingsOf, type Cells, type RosterRow } from './read.ts';

/** A line of a roster that was refused, judged again by itself: as a file that holds nothing else. */

interface RetryContext {
  readonly inventory: Inventory;
  readonly muster: Pick<Muster, 'submitEvent'>;
  readonly policy: Policy;
}

/** Submits what follows from the line. Throws a `FailedError` with the reason where it is refused again. */
export async function retryRow(
  context: RetryContext,
  { refusalId, source, externalId, ref }: RefusalRow,
  cells: Cells,
): Promise<readonly Pick<HrEvent, 'eventId' | 'personId' | 'kind'>[]> {
  const { inventory, policy } = context;
  const row = rowIn(cells, policy, source);
  await refuseRival(inventory, { refusalId, source, externalId });
  const roster = { rows: [row], cells: new Map([[row.line, cells]]), odd: [] };
  const file = { ...roster, columns: [], decisions: [], encoding: 'utf-8', delimiter: 'comma' };
  const planned = await planAgainst(inventory, policy, file, { source, isComplete: false });
  const [again] = planned.refused;
  if (again !== undefined) throw new FailedError(`Refused again: ${again.message}`);
  // The refusal is closed by the operator, and not by the row.
  await applyPlan(context, { ...planned, taken: [] }, { path: ref }).catch((error: unknown) => {
    throw error instanceof UsageError ? new FailedError(`Refused again: ${error.message}`) : error;
  });
  const alias = await inventory.findAlias({ source, externalId: row.externalId, email: row.email });
  return planned.plan.items.map(({ eventId, kind, personId = alias?.personId ?? '' }) => ({ eventId, kind, personId }));
}

/** An adoption looks at accounts too: one line alone cannot be adopted. */
export function retryAdoption({ policy }: Pick<RetryContext, 'policy'>, cells: Cells): never {
  const { externalId = '' } = rowIn(cells, policy, policy.roster.source);
  if (!personIdPattern.test(externalId)) throw new FailedError(`Refused again: personId must be ${personIdRule}`);
  throw new RefusedError(
    'The line can be read, but one line alone is not adopted: correct the file and give it to `npx muster adopt plan` and `apply`, which takes this off the list',
  );
}

function rowIn(cells: Cells, policy: Policy, source: string): RosterRow {
  if (cells['@line'] !== undefined) {
    throw new RefusedError(
      'The line cannot be split into columns: correct it in the file and apply that, which takes this off the list',
    );
  }
  const { row, problem } = readRow(cells, 1, settingsOf(policy, source));
  if (row === undefined || problem !== undefined) {
    throw new FailedError(`Refused again: ${problem?.message ?? 'the line names nobody'}`);
  }
  return row;
}

/** Two lines of the same person: somebody has to say first which of them is wrong. */
async function refuseRival(
  inventory: Pick<Inventory, 'listRefusals'>,
  { refusalId, source, externalId }: Pick<RefusalRow, 'refusalId' | 'source' | 'externalId'>,
): Promise<void> {
  if (externalId === undefined) return;
  const open = await readAll((limit, offset) =>
    inventory.listRefusals({ state: 'open', way: 'roster', source, limit, offset }),
  );
  const rival = open.find((one) => one.externalId === externalId && one.refusalId !== refusalId);
  if (rival === undefined) return;
  throw new RefusedError(`Refusal ${rival.refusalId} is about the same person: drop the one that is wrong first`);
}
