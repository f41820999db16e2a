import { randomUUID } from 'node:crypto';
import type { Entitlement } from '../../domain/model.ts';
import { NotFoundError } from '../../domain/errors.ts';
import { recordDecision } from '../../auth/operator.ts';
import type { Why } from '../../auth/operator.ts';
import type { OperatorContext } from './wake.ts';

/** Accepts that a name in the policy means the role or team that has the name now. */
export async function acceptName(
  context: Omit<OperatorContext, 'client'>,
  entitlement: Entitlement,
  why: Why = {},
): Promise<{ readonly before: string }> {
  const { kind, name } = entitlement;
  return context.inventory.inTransaction(async (trx) => {
    const before = await trx.forgetEntitlementId(entitlement);
    if (before === undefined) throw new NotFoundError(`No ${kind} "${name}" is on record: nothing has to be accepted`);
    await recordDecision(trx, context, {
      personId: `policy/${kind}`,
      eventId: `accept:${randomUUID()}`,
      step: 'accept',
      action: `accept ${kind}`,
      ...why,
      before: { name, id: before },
      after: { name, id: null },
    });
    return { before };
  });
}
