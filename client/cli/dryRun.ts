import { attributesAt } from '../../domain/facts/attributes.ts';
import { ranksOf } from '../../domain/facts/ranks.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { personWorkflowId } from '../../domain/ids.ts';
import { endByRecord, isNeverSeen, neverSeenWords, type EarlyEnd } from '../../domain/access/earlyEnd.ts';
import { changeWords } from '../../domain/access/planWords.ts';
import { entitlementKey, namedEntitlements, planAccess } from '../../domain/access/plan.ts';
import type { PolicyInForce } from '../../domain/instances.ts';
import type { Situation } from '../../domain/access/processPlan.ts';
import type { Entitlement, HrEvent, PersonAttributes, ProcessType } from '../../domain/model.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { GrantRow } from '../../inventory/port/grants.ts';
import { desiredAccess } from '../../policy/requests.ts';
import { checkedEvent } from '../operations/drafts.ts';
import { isHire, processOf } from '../../domain/mailbox.ts';
import { settleEvent, type EventInput } from './eventInput.ts';
import { withDatadogHere } from './datadog.ts';
import { planOnline, renderEnd, renderOnlinePlan, type OnlinePlan } from './dryRunOnline.ts';
import { compareInForce } from './inForce.ts';
import { exists, loadShellPolicy, openPlace, readShellConfig } from './open.ts';
import { renderTable } from './table.ts';
import type { Shell } from './shell.ts';

/** What an event would do: by the policy, the inventory, and reading calls to Datadog. Nothing is started. */
export interface EventPlan {
  readonly dryRun: true;
  readonly workflowId: string;
  readonly process: ProcessType;
  readonly event: HrEvent;
  /** That of the running worker, else that of the file: `observe` where nothing would be written to Datadog. */
  readonly mode: Policy['mode'];
  /** What the running processes follow, beside the file that this plan is by. Absent where no worker has reported. */
  readonly policyInForce?: PolicyInForce;
  /** Present where no access would change. */
  readonly end?: EarlyEnd;
  readonly gives: readonly Entitlement[];
  readonly onApproval: readonly (Entitlement & { readonly rule: string })[];
  /** What Muster granted them and they hold today. */
  readonly holds: readonly Entitlement[];
  /** The part of `holds` that would be removed. */
  readonly takes: readonly Entitlement[];
  /** What Datadog says, where keys are there. */
  readonly datadog?: OnlinePlan;
}

/** As JSON prints it: a change is one text, such as `update title to Lead`. */
export const inWords = ({ datadog, ...plan }: EventPlan) => ({
  ...plan,
  datadog: datadog && {
    ...datadog,
    changes: datadog.changes.map(changeWords),
    changesOnceAllowed: datadog.changesOnceAllowed.map(changeWords),
  },
});

export async function planEvent(shell: Shell, input: EventInput): Promise<EventPlan> {
  const config = await readShellConfig(shell);
  const policy = await loadShellPolicy(config);
  const place = config.inventory;
  // Opening would create the file: a dry run leaves nothing behind.
  const inventory = 'file' in place && !(await exists(place.file)) ? undefined : await openPlace(config);
  try {
    const inForce = await compareInForce(shell, inventory, { file: config.policyPath, policy });
    const event = await eventOf(inventory, input, policy);
    const { personId } = event;
    const { record, person } = await stateBy(inventory, policy, event);
    const datadog =
      config.datadog === undefined
        ? undefined
        : await withDatadogHere(config, (client) => planOnline({ client, inventory, policy, event, record, person }));
    const process = processOf(event, record.employment);
    const end = datadog === undefined ? endOffline({ process, record, person }) : datadog.end;
    const grants = await inventory?.listGrants({ personId, open: true, limit: 1_000, offset: 0 });
    return {
      dryRun: true,
      workflowId: personWorkflowId(personId),
      process,
      event,
      mode: inForce?.mode ?? policy.mode,
      policyInForce: inForce,
      end,
      ...planByNames({ policy, person: process === 'offboarding' || end !== undefined ? undefined : person, grants }),
      ...(end === undefined ? {} : { takes: [] }),
      datadog,
    };
  } finally {
    await inventory?.close();
  }
}

/** As it will be when the event takes effect: somebody whose hire waits has joined by then. */
async function stateBy(
  inventory: Inventory | undefined,
  policy: Policy,
  event: HrEvent,
): Promise<{ readonly record: Situation['record']; readonly person: PersonAttributes | undefined }> {
  const { personId, effectiveAt } = event;
  const known = await inventory?.findPerson(personId);
  const waiting = (await inventory?.waitingEvents({ personId, limit: 1_000 })) ?? [];
  const isHired = waiting.some(
    (row) => isHire(row.event) && Date.parse(row.event.effectiveAt) <= Date.parse(effectiveAt),
  );
  const said = (await inventory?.statementsOf(personId)) ?? [];
  const employment = known?.employment ?? 'unknown';
  return {
    record: {
      employment: isHired && employment !== 'employed' ? 'joining' : employment,
      accountId: known?.accountId,
      isKnown: known?.attributes !== undefined || isHired,
    },
    person: attributesAt([...said, event], ranksOf(policy), effectiveAt),
  };
}

/** Without Datadog an account that is surely theirs cannot be seen: a leaver for somebody who was never seen is held. */
function endOffline({
  process,
  record,
  person,
}: {
  readonly process: ProcessType;
  readonly record: Situation['record'];
  readonly person: PersonAttributes | undefined;
}): EarlyEnd | undefined {
  const early = endByRecord({ process, employment: record.employment, isKnown: person !== undefined });
  const isHeld = process === 'offboarding' && isNeverSeen(record);
  return early ?? (isHeld ? { kind: 'held', detail: neverSeenWords } : undefined);
}

const nameOf = ({ kind, name }: Entitlement): Entitlement => ({ kind, name });
const byName = ({ kind, name }: Entitlement) => ({ kind, name, id: name });

interface Known {
  readonly policy: Policy;
  /** Absent for somebody who is to have nothing. */
  readonly person: PersonAttributes | undefined;
  readonly grants: readonly GrantRow[] | undefined;
}

/** By the record and the policy alone: names stand for ids. */
function planByNames({
  policy,
  person,
  grants = [],
}: Known): Pick<EventPlan, 'gives' | 'onApproval' | 'holds' | 'takes'> {
  const desired = person === undefined ? { entitlements: [], requests: [] } : desiredAccess(policy, '', person);
  const held = grants.map(byName);
  const actual = {
    roles: held.filter(({ kind }) => kind === 'role'),
    teams: held.filter(({ kind }) => kind === 'team').map((team) => ({ ...team, isManaged: false })),
  };
  const resolved = namedEntitlements(desired).map(byName);
  // A leave removes preexisting grants, and a move keeps them.
  const managed = grants
    .filter(({ reason }) => person === undefined || reason !== 'preexisting')
    .map(byName)
    .map(entitlementKey);
  const plan = planAccess({ desired, resolved }, { actual, managed });
  return {
    gives: desired.entitlements.map(nameOf),
    onApproval: desired.requests.flatMap(({ rules: [rule = ''], entitlements }) =>
      entitlements.map((one) => ({ ...nameOf(one), rule })),
    ),
    holds: held.map(nameOf),
    takes: [...plan.remove, ...plan.removeLater].map(nameOf),
  };
}

async function eventOf(inventory: Inventory | undefined, input: EventInput, policy: Policy): Promise<HrEvent> {
  return checkedEvent(await settleEvent(inventory, input, () => Promise.resolve(policy)));
}

export function renderPlan(shell: Shell, plan: EventPlan): string {
  const rows = [
    ...plan.gives.map((one) => ['give', one.kind, one.name, '']),
    ...plan.onApproval.map((one) => ['give once approved', one.kind, one.name, `rule ${one.rule}`]),
    ...plan.takes.map((one) => ['take away', one.kind, one.name, '']),
  ];
  return [
    `Would start ${plan.process} as ${plan.workflowId}, effective ${plan.event.effectiveAt}. Nothing was started.`,
    ...(plan.mode === 'observe'
      ? ['The policy in force says mode: observe: nothing would be written to Datadog.']
      : []),
    ...(plan.end === undefined || plan.datadog !== undefined ? [] : [renderEnd(plan.end)]),
    ...(plan.process === 'offboarding' && plan.end === undefined
      ? ['The account would be disabled, and every role and team removed.']
      : []),
    ...(rows.length === 0 ? [] : [renderTable(shell, ['what', 'kind', 'name', 'because'], rows)]),
    ...(plan.datadog === undefined ? [] : [renderOnlinePlan(shell, plan.datadog)]),
  ].join('\n');
}
