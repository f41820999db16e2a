import type { Inventory } from '../inventory/port/inventory.ts';
import { goneBecause } from '../domain/standing.ts';

export type People = Pick<Inventory, 'findPerson' | 'waitingEvents' | 'findAccount'>;

interface Standing {
  /** HR has said something of them. */
  readonly isKnown: boolean;
  /** Why they do not act any more, in words. */
  readonly gone?: string;
}

const manyEvents = 1_000;

export async function standingOf(inventory: People, personId: string, now: Date): Promise<Standing> {
  const [record, waiting] = await Promise.all([
    inventory.findPerson(personId),
    inventory.waitingEvents({ personId, limit: manyEvents }),
  ]);
  const accountId = record?.accountId;
  const account = accountId === undefined ? undefined : await inventory.findAccount(accountId);
  const events = waiting.map(({ event }) => event);
  const employment = record?.employment ?? 'unknown';
  return {
    // A row alone says nothing: the start of a process makes one.
    isKnown: record?.attributes !== undefined || events.some(({ person }) => person !== undefined),
    gone: goneBecause({ employment }, events, account?.status === 'disabled', now.getTime()),
  };
}
