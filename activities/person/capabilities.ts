import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { waitingFailures, type MissingPermission } from '../../domain/failures.ts';
import { withDatadog } from '../attempt.ts';
import { withoutOn } from '../../datadog/failures.ts';
import { capabilities, type Capability, type DatadogReads } from '../../datadog/types.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Dependencies } from '../dependencies.ts';

/** A process that waits asks again a little after the one that probes Datadog. */
const afterProbeMs = { least: 2_000, spread: 8_000 };
const probeDeadlineMs = 3_000;

/** What the key may do: one process asks for everybody, and skipped steps are done once it may do more. */
export function createCapabilityActivities({ datadog, inventory, signals }: Dependencies) {
  return {
    /**
     * Fails until the key may do what it could not. Asks the shared record, and Datadog only where that is this one's turn,
     * or where somebody has just said that the key is mended.
     */
    async awaitPermission({ permission }: MissingPermission, isTold = false): Promise<void> {
      const { attempt, currentAttemptScheduledTimestampMs: nowMs } = activityInfo();
      const at = new Date(nowMs).toISOString();
      const isAskedAtOnce = isTold && attempt === 1;
      if (attempt === 1 && !isTold) await inventory.reportRefusal(permission, at);
      const { isClaimed, health } = await inventory.claimProbe(permission, at, isAskedAtOnce);
      let answer = health.answer;
      if (isClaimed) {
        answer = await withDatadog(datadog, (api) => judge(api, permission));
        await inventory.recordProbe(permission, answer === 'unknown' ? 'yes' : answer, at);
      }
      // What no reading call can tell is tried.
      if (answer === 'yes' || (isClaimed && answer === 'unknown')) return;
      const waitMs = Math.max(0, Date.parse(health.nextProbeAt) - nowMs);
      throw ApplicationFailure.create({
        type: waitingFailures.StillNotAuthorized,
        message: `the key may not use ${permission} yet`,
        category: ApplicationFailureCategory.BENIGN,
        nextRetryDelay: waitMs + afterProbeMs.least + Math.floor(Math.random() * afterProbeMs.spread),
      });
    },

    /**
     * Asks Datadog anew for each permission, and lets the processes go on whose withheld parts are possible now. What cannot be asked (the right to write teams) is tried once a day.
     */
    async refreshCapabilities(): Promise<{ submitted: number }> {
      const at = new Date().toISOString();
      const { answers, unanswered } = await withDatadog(datadog, (api) => probeAll(api, inventory, at), {
        priority: 'sync',
        requestDeadlineMs: probeDeadlineMs,
      });
      // Keys that are refused may do nothing.
      const isValid = [...answers.values()].includes('yes');
      answers.set('validKeys', isValid ? 'yes' : 'no');
      const owed = (await inventory.listOwedParts()).filter(
        ({ permission }) => !unanswered.has(permission) && (answers.get(permission) ?? 'unknown') !== 'no',
      );
      for (const { personId, permission, part } of owed) {
        await signals.submit({
          eventId: `owed:${personId}:${permission}:${at.slice(0, 10)}`,
          kind: 'reconcile',
          personId,
          occurredAt: at,
          effectiveAt: at,
          source: 'sync',
          reason: `${part} was not done for want of ${permission}`,
        });
      }
      return { submitted: owed.length };
    },
  };
}

async function judge(api: DatadogReads, permission: string): Promise<'yes' | 'no' | 'unknown'> {
  if ((await api.validateKeys()) !== 'valid') return 'no';
  const capability = capabilities.find((known): known is Capability => known === permission);
  return capability === undefined ? 'unknown' : api.probe(capability);
}

interface Probed {
  readonly answers: Map<string, 'yes' | 'no' | 'unknown'>;
  readonly unanswered: ReadonlySet<string>;
}

async function probeAll(api: DatadogReads, inventory: Pick<Inventory, 'recordProbe'>, at: string): Promise<Probed> {
  const answers: Probed['answers'] = new Map();
  const unanswered = new Set<string>();
  for (const capability of capabilities) {
    // One reply that cannot be read, or does not come, says nothing about the others.
    const answer = await withoutOn(['UnexpectedResponse', 'DatadogUnavailable'], api.probe(capability));
    if (answer === undefined) unanswered.add(capability);
    else {
      answers.set(capability, answer);
      await inventory.recordProbe(capability, answer, at);
    }
  }
  return { answers, unanswered };
}
