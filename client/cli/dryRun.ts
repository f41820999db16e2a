import type { Inventory } from '../../inventory/port/inventory.ts';
import { personWorkflowId } from '../../domain/ids.ts';
import type { Entitlement, HrEvent, ProcessType } from '../../domain/model.ts';
import { birthrightAccess, type Policy } from '../../domain/policy/rules.ts';
import { checkedEvent, completeEvent } from '../operations/drafts.ts';
import { processOf } from '../../domain/mailbox.ts';
import { settleEvent, type EventInput } from './eventInput.ts';
import { withDatadogHere } from './datadog.ts';
import { planOnline, renderOnlinePlan, type OnlinePlan } from './dryRunOnline.ts';
import { exists, loadShellPolicy, openPlace, readShellConfig } from './open.ts';
import { renderTable } from './table.ts';
import type { Shell } from './shell.ts';

/** What an event would do: by the policy, the inventory, and reading calls to Datadog. Nothing is started. */
export interface EventPlan {
  readonly dryRun: true;
  readonly workflowId: string;
  readonly process: ProcessType;
  readonly event: HrEvent;
  /** `enforce`, or `observe` where nothing would be written to Datadog. */
  readonly mode: 'observe' | 'enforce';
  readonly gives: readonly Entitlement[];
  readonly onApproval: readonly (Entitlement & { readonly rule: string })[];
  /** What Muster gave them and they hold today. */
  readonly holds: readonly Entitlement[];
  /** Of `holds`, what would be taken away. */
  readonly takes: readonly Entitlement[];
  /** What Datadog says, where keys are there. */
  readonly datadog?: OnlinePlan;
}

export async function planEvent(shell: Shell, input: EventInput): Promise<EventPlan> {
  const config = await readShellConfig(shell);
  const policy = await loadShellPolicy(config);
  const place = config.inventory;
  // Opening would create the file: a dry run leaves nothing behind.
  const inventory = 'file' in place && !(await exists(place.file)) ? undefined : await openPlace(place);
  try {
    const event = await eventOf(inventory, input, policy);
    const holds = await heldBy(inventory, event.personId);
    const access = event.person === undefined ? undefined : birthrightAccess(policy, event.person);
    const gives = access?.granted.map(({ kind, name }) => ({ kind, name })) ?? [];
    const onApproval = (access?.onApproval ?? []).flatMap(({ rule, entitlements }) =>
      entitlements.map(({ kind, name }) => ({ kind, name, rule })),
    );
    const datadog =
      config.datadog === undefined
        ? undefined
        : await withDatadogHere(config, (client) => planOnline({ client, inventory, policy, event }));
    const stays = event.kind === 'leaver' ? [] : [...gives, ...onApproval];
    return {
      dryRun: true,
      workflowId: personWorkflowId(event.personId),
      process: processOf(event),
      event,
      mode: policy.mode,
      gives: event.kind === 'leaver' ? [] : gives,
      onApproval: event.kind === 'leaver' ? [] : onApproval,
      holds,
      takes: holds.filter((held) => !stays.some((kept) => kept.kind === held.kind && kept.name === held.name)),
      ...(datadog === undefined ? {} : { datadog }),
    };
  } finally {
    await inventory?.close();
  }
}

async function eventOf(
  inventory: Inventory | undefined,
  input: EventInput,
  { defaultTimeZone }: Policy,
): Promise<HrEvent> {
  const draft = await settleEvent(inventory, input, () => Promise.resolve(defaultTimeZone));
  return checkedEvent(inventory === undefined ? draft : await completeEvent(inventory, draft));
}

async function heldBy(inventory: Inventory | undefined, personId: string): Promise<readonly Entitlement[]> {
  const grants = await inventory?.listGrants({ personId, open: true, limit: 1_000, offset: 0 });
  return grants?.map(({ kind, name }) => ({ kind, name })) ?? [];
}

export function renderPlan(shell: Shell, plan: EventPlan): string {
  const rows = [
    ...plan.gives.map((one) => ['give', one.kind, one.name, '']),
    ...plan.onApproval.map((one) => ['give once approved', one.kind, one.name, `rule ${one.rule}`]),
    ...plan.takes.map((one) => ['take away', one.kind, one.name, '']),
  ];
  return [
    `Would start ${plan.process} as ${plan.workflowId}, effective ${plan.event.effectiveAt}. Nothing was started.`,
    ...(plan.mode === 'observe' ? ['The policy says mode: observe: nothing would be written to Datadog.'] : []),
    ...(plan.event.kind === 'leaver' ? ['The account would be disabled, and every role and team removed.'] : []),
    ...(rows.length === 0 ? [] : [renderTable(shell, ['what', 'kind', 'name', 'because'], rows)]),
    ...(plan.datadog === undefined ? [] : [renderOnlinePlan(shell, plan.datadog)]),
  ].join('\n');
}
