import { randomUUID } from 'node:crypto';
import { recordDecision, type Why } from '../../auth/operator.ts';
import { NotFoundError, RefusedError, UsageError } from '../../domain/errors.ts';
import { pinName, policyNames, type PinUse } from '../../domain/pins.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { OperatorContext } from './wake.ts';

interface Repinned {
  /** The personId or account id that it means from now on; absent for a pattern. */
  readonly id?: string;
  /** Of a pattern: how many accounts match. */
  readonly accounts?: number;
  /** What it meant before, where it meant something. */
  readonly before?: string;
}

/** From now on a name of the policy means who has the e-mail now, and a pattern the accounts that match now. */
export async function repin(
  context: Omit<OperatorContext, 'client'>,
  { policy, use, name: given }: { readonly policy: Policy; readonly use: PinUse; readonly name: string },
  why: Why = {},
): Promise<Repinned> {
  const { inventory, actor } = context;
  const name = pinName(given);
  const named = policyNames(policy).some((one) => one.use === use && one.name === name);
  if (!named) {
    throw new NotFoundError(
      `The policy in force names no ${use} ${given} by e-mail: see \`npx muster policy check FILE --online\``,
    );
  }
  const at = new Date().toISOString();
  const id = use === 'ignored' ? undefined : await holderOf(context, use, name);
  if (use === 'approver' && id === actor) {
    throw new RefusedError('Nobody makes an approver of themselves: let another administrator pin the name');
  }
  return inventory.inTransaction(async (trx) => {
    const { before } = await trx.setPin({ use, name, id, since: at, policyHash: policy.hash });
    const accounts = use === 'ignored' ? await trx.pinMatching(name, at) : undefined;
    await recordDecision(trx, context, {
      personId: `policy/${use}`,
      eventId: `pin:${randomUUID()}`,
      step: name,
      at,
      action: `pin ${use}`,
      policyHash: policy.hash,
      ...why,
      before: { name, id: before?.id ?? null },
      after: { name, id, accounts },
    });
    return { id, accounts, before: before?.id };
  });
}

async function holderOf(
  { inventory }: Pick<OperatorContext, 'inventory'>,
  use: 'approver' | 'emergency',
  name: string,
): Promise<string> {
  const holders = await inventory.holdersOf({ use, name });
  const [holder, second] = holders;
  const bearer = use === 'approver' ? 'person' : 'account';
  if (holder === undefined) throw new NotFoundError(`No known ${bearer} has the e-mail ${name} now`);
  if (second === undefined) return holder.id;
  const ids = holders.map(({ id }) => id).join(', ');
  throw new UsageError(`${name} is the e-mail of ${ids}, so it names nobody: write the id of the one in the policy`);
}
