import type { PersonRecord } from '../../domain/model.ts';
import { isAddress, pinName } from '../../domain/pins.ts';
import { goneBecause, leavingEvent } from '../../domain/standing.ts';
import { foldCase, isSameText } from '../../domain/text.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { mayBeSame } from '../../domain/approvals.ts';
import type { Identity } from '../../domain/decision.ts';

type Identities = Pick<
  Inventory,
  'findPerson' | 'findPeopleByEmail' | 'findPin' | 'waitingEvents' | 'findAccount' | 'listAccounts'
>;

const manyEvents = 1_000;

/**
 * Whom this name means now: a personId, or an e-mail of one person. An e-mail belongs to the person who has it; one that nobody
 * has any more, to who had it last. One that the policy pinned to another person names nobody.
 */
export async function identify(inventory: Identities, name: string, now: number): Promise<Identity> {
  if (!isAddress(name)) return identifyId(inventory, name, now);
  const holders = await peopleByEmail(inventory, name);
  const pinnedId = (await inventory.findPin({ use: 'approver', name: pinName(name) }))?.id;
  const ids = unique([...holders.map(({ personId }) => personId), pinnedId]);
  const [personId, second] = ids;
  if (personId === undefined) return identifyAccount(inventory, name);
  if (second === undefined) return identifyId(inventory, personId, now, name);
  return { name, emails: [name], isKnown: true, gone: `the e-mail is that of two people, ${ids.join(' and ')}` };
}

/** An approver as the policy or a reassignment names them: by id, or by the e-mail that was pinned to a person. */
export async function identifyApprover(inventory: Identities, name: string, now: number): Promise<Identity> {
  if (!isAddress(name)) return identifyId(inventory, name, now);
  const personId = (await inventory.findPin({ use: 'approver', name: pinName(name) }))?.id;
  return personId === undefined ? identifyAccount(inventory, name) : identifyId(inventory, personId, now, name);
}

async function identifyId(inventory: Identities, personId: string, now: number, name = personId): Promise<Identity> {
  const record = await inventory.findPerson(personId);
  return record === undefined ? { name, emails: [], isKnown: false } : identifyPerson(inventory, name, record, now);
}

async function peopleByEmail(inventory: Identities, email: string): Promise<readonly PersonRecord[]> {
  const people = await inventory.findPeopleByEmail(email);
  const holders = people.filter(({ attributes }) => attributes && isSameText(attributes.email, email));
  const candidates = holders.length > 0 ? holders : people;
  // Somebody who came back under another personId: the record that is in force.
  const inForce = candidates.filter(({ employment }) => employment !== 'left');
  return inForce.length > 0 ? inForce : candidates.slice(0, 1);
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
  const emails = [record.attributes?.email, ...said, ...record.previousEmails, account?.email, account?.handle];
  return {
    name,
    personId,
    emails: unique(emails.map((one) => one && foldCase(one))),
    isKnown: true,
    gone: goneBecause(record, events, account?.status === 'disabled', now),
  };
}

/** Somebody of whom HR said nothing yet may have an account all the same. */
async function identifyAccount(inventory: Identities, name: string): Promise<Identity> {
  const found = await inventory.listAccounts({ search: name, serviceAccounts: false, limit: 100, offset: 0 });
  const accounts = found.filter(({ email }) => isSameText(email, name));
  const isDisabled = accounts.length > 0 && accounts.every(({ status }) => status === 'disabled');
  return {
    name,
    emails: unique([name, ...accounts.map(({ handle }) => handle)].map(foldCase)),
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
  { name, subject, until, now }: { name: string | undefined; subject: Identity; until: number; now: number },
): Promise<Manager> {
  if (name === undefined) return { managerGone: 'HR names no manager' };
  const manager = await identify(inventory, name, now);
  if (mayBeSame(manager, subject)) return { managerGone: 'the manager is the person' };
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

const unique = (values: readonly (string | undefined)[]): readonly string[] => [
  ...new Set(values.filter((value) => value !== undefined)),
];
