import { heldEntitlements, pickResolved, planAccess } from './core/plan.ts';
import type { HrEvent, Outcome, PersonAttributes } from './core/model.ts';
import type { PersonRun } from './personRun.ts';
import { accessFor } from './restoring.ts';
import { datadog } from './proxies.ts';
import type { Ending } from './runPerson.ts';

/** Instead of a story: reads, and writes down what would be written. `person retry` carries it out once the policy enforces. */
export async function observe(run: PersonRun, event: HrEvent): Promise<Ending> {
  const { employment } = run.record;
  const { attributes } = run;
  if (run.type === 'offboarding') {
    await planLeaving(run);
    return { outcome: observed(run), employment: 'left' };
  }
  const isMove = run.type === 'roleChange';
  if (attributes === undefined || (isMove && (employment === 'left' || employment === 'unknown'))) {
    return { outcome: { kind: 'nothingToDo', detail: 'recorded', parts: [] }, employment };
  }
  await planAccessOf(run, attributes, event);
  return { outcome: observed(run), employment: employment === 'employed' ? 'employed' : 'joining' };
}

async function planLeaving(run: PersonRun): Promise<void> {
  const account = await accountOf(run);
  if (account === undefined || account.status === 'disabled') return;
  if (account.status === 'pending') planned(run, 'cancel invitations');
  planned(run, 'disable account');
  const holdings = await run.allowed(() => datadog.readHoldings(run.personId, account.id));
  for (const { kind, name } of holdings === undefined ? [] : heldEntitlements(holdings.access)) {
    planned(run, `remove ${kind} ${name}`);
  }
}

async function planAccessOf(run: PersonRun, attributes: PersonAttributes, event: HrEvent): Promise<void> {
  const { desired, resolved } = await accessFor(run, event, attributes);
  const account = await accountOf(run);
  if (account === undefined && run.type === 'roleChange') return;
  if (account === undefined) planned(run, 'create account');
  if (account?.status === 'disabled') planned(run, 'enable account');
  if (account?.status !== 'active') planned(run, `send invitation, access from ${event.effectiveAt}`);
  const holdings = account && (await run.allowed(() => datadog.readHoldings(run.personId, account.id)));
  const wanted = pickResolved(desired.entitlements, resolved);
  const awaited = desired.requests.flatMap(({ entitlements }) => pickResolved(entitlements, resolved));
  const plan =
    holdings === undefined
      ? { add: wanted, remove: [], removeLater: [] }
      : planAccess({ wanted, awaited, actual: holdings.access, managed: holdings.managed });
  for (const { kind, name } of plan.add) planned(run, `assign ${kind} ${name}`);
  const held = new Set(holdings === undefined ? [] : heldEntitlements(holdings.access).map(({ id }) => id));
  for (const { kind, name, id } of awaited) if (!held.has(id)) planned(run, `ask approval for ${kind} ${name}`);
  for (const { kind, name } of [...plan.remove, ...plan.removeLater]) planned(run, `remove ${kind} ${name}`);
}

async function accountOf(run: PersonRun) {
  const { personId } = run;
  const email = run.attributes?.email;
  const person = { personId, ...(email === undefined ? {} : { email }) };
  run.account = (await run.allowed(() => datadog.correlateAccount(person))).account;
  return run.account;
}

const planned = (run: PersonRun, part: string): void => run.finishPart(part, 'planned');

const observed = ({ parts }: PersonRun): Outcome => ({
  kind: 'observed',
  detail:
    'the policy says mode: observe: nothing was written; with mode: enforce, `npx muster person retry` carries it out',
  parts,
});
