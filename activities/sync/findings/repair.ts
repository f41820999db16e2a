import { createHash } from 'node:crypto';
import { heartbeat } from '@temporalio/activity';
import { peopleLimit } from '../../../domain/access/changeBudget.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import type { OrganizationSnapshot } from '../../../inventory/port/snapshots.ts';
import type { RepairCandidate } from '../../../inventory/port/repairs.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import type { PersonSignals } from '../signals.ts';
import { repairEvent } from '../../../domain/findings/repairs.ts';

export interface RepairResult {
  /** People whose process was asked to mend their access. */
  readonly repaired: number;
  /** The batch that waits for a person's word, and of how many people it is. */
  readonly held?: { readonly batchId: string; readonly people: number };
}

interface RepairRequest {
  readonly inventory: Inventory;
  readonly signals: Pick<PersonSignals, 'submit'>;
  readonly policy: Pick<Policy, 'mode' | 'sync' | 'changeBudget'>;
  readonly input: { readonly runId: string };
  readonly organization: Pick<OrganizationSnapshot, 'activeBound'>;
  readonly candidates: readonly RepairCandidate[];
  readonly at: string;
}

/** Repairs go through the people's processes. More than may be disabled at once are none: something larger has happened. */
export async function repairOrHold(request: RepairRequest): Promise<RepairResult> {
  const { inventory, signals, policy, input, organization, at } = request;
  if (policy.sync.drift !== 'repair' || policy.mode !== 'enforce') return { repaired: 0 };
  const candidates = await acceptable(inventory, request.candidates, at);
  const budget = peopleLimit(policy.changeBudget.hour, organization.activeBound);
  if (candidates.length > budget) {
    const batch = { batchId: batchIdOf(input.runId, candidates), runId: input.runId, openedAt: at, budget };
    const batchId = await inventory.openQuarantine({ ...batch, people: candidates });
    return { repaired: 0, held: { batchId, people: candidates.length } };
  }
  await inventory.withdrawQuarantine(at);
  if (candidates.length === 0) return { repaired: 0 };
  await inventory.recordRepairs(input.runId, candidates, at);
  for (const candidate of candidates) {
    await signals.submit(repairEvent(candidate, input.runId, at));
    heartbeat({ personId: candidate.personId });
  }
  return { repaired: candidates.length };
}

/** Without what and whom somebody has said no to, and what is muted: it is known, and meant to stay for now. */
async function acceptable(
  inventory: Inventory,
  candidates: readonly RepairCandidate[],
  at: string,
): Promise<readonly RepairCandidate[]> {
  if (candidates.length === 0) return [];
  const refused = await inventory.unrepairedSubjects(at);
  // A reconcile mends all of a person's drift, so one part that is to stay keeps the rest too.
  const spared = await inventory.sparedPeople();
  return candidates.filter(
    ({ personId, subjects }) => !spared.has(personId) && !subjects.some((subject) => refused.has(subject)),
  );
}

const batchIdOf = (runId: string, people: readonly RepairCandidate[]): string =>
  createHash('sha256')
    .update(JSON.stringify([runId, people]))
    .digest('hex')
    .slice(0, 12);
