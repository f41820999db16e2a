import { ranksOf } from '../../domain/facts/ranks.ts';
import type { Notice } from '../notify/index.ts';
import type { Dependencies } from '../dependencies.ts';

/** After every day on which something takes effect. */
const endOfTime = '9999-12-31T00:00:00.000Z';

/** The rest is for operators. */
const forManagers: readonly Notice['kind'][] = [
  'invitationResent',
  'invitationNotAccepted',
  'accessEnded',
  'accessNotEnded',
  'leaverKeys',
];

/** Sends a notice about a person to the people who should know: their manager is the one that HR named last, whose first day may be to come. */
export async function tell(
  { inventory, policy, notify }: Pick<Dependencies, 'inventory' | 'policy' | 'notify'>,
  notice: Omit<Notice, 'to'>,
): Promise<void> {
  const word = forManagers.includes(notice.kind)
    ? await inventory.attributesAt(notice.personId, endOfTime, ranksOf(policy()))
    : undefined;
  notify.send({ ...notice, to: word?.manager === undefined ? [] : [word.manager] });
}
