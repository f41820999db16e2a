import type { PersonRecord } from '../../domain/model.ts';
import { goneBecause, leavingEvent } from '../../domain/standing.ts';
import { foldCase, isSameText } from '../../domain/text.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { Identity } from '../../domain/decision.ts';

type Identities = Pick<
  Inventory,
  'findPerson' | 'findPeopleByEmail' | 'waitingEvents' | 'findAccount' | 'listAccounts'
>;

const manyEvents = 1_000;

/**
 * Finds people by this name, a personId or an e-mail, in the inventory. An address belongs to the person who has it now;
 * one that nobody has any more, to who had it last.
 */
export async function identify(inventory: Identities, name: string, now: number): Promise<Identity> {
  const record = (await inventory.findPerson(name)) ?? (await personByEmail(inventory, name));
  return record === undefined ? identifyAccount(inventory, name) : identifyPerson(inventory, name, record, now);
}

async function personByEmail(inventory: Identities, email: string): Promise<PersonRecord | undefined> {
  const people = await inventory.findPeopleByEmail(email);
  const holders = people.filter(({ attributes }) => attributes && isSameText(attributes.email, email));
  const candidates = holders.length > 0 ? holders : people;
  // Somebody who came back under another personId: the record that is in force.
  return candidates.find(({ employment }) => employment !== 'left') ?? candidates[0];
}

async function identifyPerson(
  inventory: Identities,
  name: string,
  record: PersonRecord,
  now: number,
): Promise<Identity> {
  const { personId, accountId } = record;
  const [waiting, account] = await Promise.all([
    inventory.waitingEvents({ personId, limit: manyEvents }),
    accountId === undefined ? undefined : inventory.findAccount(accountId),
  ]);
  const events = waiting.map(({ event }) => event);
  const said = events.flatMap(({ person }) => (person === undefined ? [] : [person.email]));
  // Until a person's first process has ended, the newest event says who they are.
  const email = record.attributes?.email ?? said.at(-1);
  const gone = goneBecause(record, events, account?.status === 'disabled', now);
  return {
    names: unique([name, personId, email]),
    known: unique([personId, email, ...said, ...record.previousEmails, account?.email, account?.handle]),
    personId,
    isKnown: true,
    gone,
  };
}

/** Somebody of whom HR said nothing yet may have an account all the same. */
async function identifyAccount(inventory: Identities, name: string): Promise<Identity> {
  const found = await inventory.listAccounts({ search: name, serviceAccounts: false, limit: 100, offset: 0 });
  const accounts = found.filter(({ email }) => isSameText(email, name));
  const isDisabled = accounts.length > 0 && accounts.every(({ status }) => status === 'disabled');
  return {
    names: [name],
    known: unique([name, ...accounts.map(({ handle }) => handle)]),
    isKnown: accounts.length > 0,
    ...(isDisabled ? { gone: 'their account is disabled' } : {}),
  };
}

interface Manager {
  readonly manager?: Identity;
  readonly managerGone?: string;
}

/** The manager that HR names, or why the fallback decides in their stead. `until`: a manager who leaves before is leaving. */
export async function identifyManager(
  inventory: Identities,
  { name, subject, until, now }: { name: string | undefined; subject: readonly string[]; until: number; now: number },
): Promise<Manager> {
  if (name === undefined) return { managerGone: 'HR names no manager' };
  const manager = await identify(inventory, name, now);
  if (isAmong(manager, subject)) return { managerGone: 'the manager is the person' };
  if (!manager.isKnown) return { managerGone: 'the manager is not known' };
  if (manager.gone !== undefined) return { managerGone: `the manager cannot decide: ${manager.gone}` };
  const waiting =
    manager.personId === undefined
      ? []
      : await inventory.waitingEvents({ personId: manager.personId, limit: manyEvents });
  const leaver = leavingEvent(waiting.map(({ event }) => event));
  if (leaver !== undefined && Date.parse(leaver.effectiveAt) <= until) return { managerGone: 'the manager is leaving' };
  return { manager };
}

export const isAmong = ({ names, known }: Identity, identities: readonly string[]): boolean => {
  const folded = new Set(identities.map(foldCase));
  return [...names, ...known].some((one) => folded.has(foldCase(one)));
};

const unique = (values: readonly (string | undefined)[]): readonly string[] => [
  ...new Map(values.flatMap((value) => (value === undefined ? [] : [[foldCase(value), value] as const]))).values(),
];
