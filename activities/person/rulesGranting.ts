import { birthrightAccess } from '../../domain/policy/rules.ts';
import type { Entitlement } from '../../domain/model.ts';
import type { Because } from '../../domain/evidence.ts';
import type { Dependencies } from '../dependencies.ts';
import { attemptedAt, wordFor } from './word.ts';

/** Names of the policy's rules that grant this to the person without an approval; none where a restore or an approval grants it. */
export async function rulesGranting(
  { inventory, policy }: Pick<Dependencies, 'inventory' | 'policy'>,
  because: Because,
  { kind, name }: Entitlement,
): Promise<readonly string[]> {
  if (because.approvalId !== undefined) return [];
  const event = (await inventory.findEvent(because.eventId))?.event;
  if (event?.restore === true) return [];
  const person = await wordFor({ inventory, policy }, because, attemptedAt());
  const given =
    person && birthrightAccess(policy(), person).granted.find((one) => one.kind === kind && one.name === name);
  return given?.rules ?? [];
}
