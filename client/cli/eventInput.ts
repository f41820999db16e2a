import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as readStream } from 'node:stream/consumers';
import { isOperators, ranksOf } from '../../domain/facts/ranks.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import { refuseUnranked, type RankedPolicy } from '../intake/identity.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { checkedEvent, latestAttributes, refuseFuture, type EventDraft } from '../operations/drafts.ts';
import { effectiveInstant, lastInstant, readEffective, type Effective } from './dates.ts';
import { codeOf, explainFailure } from './failures.ts';
import { parseTimeZone } from './parse.ts';
import { UsageError } from '../../domain/errors.ts';
import { endlessHire, hasEndWaiting } from '../intake/contractors.ts';

export type SubmittableKind = 'joiner' | 'mover' | 'leaver' | 'leaverRescinded';

/** The options of `joiner`, `mover` and `leaver`, as commander reads them. */
export interface EventOptions {
  readonly personId?: string;
  readonly email?: string;
  readonly name?: string;
  readonly title?: string;
  readonly department?: string;
  readonly manager?: string;
  readonly timeZone?: string;
  readonly attribute?: Readonly<Record<string, string>>;
  readonly effective?: string;
  readonly immediate?: boolean;
  readonly reason?: string;
  readonly eventId?: string;
  readonly file?: string;
}

/** A checked event, but for its time: a day begins in the person's time zone, which may be known to the inventory only. */
export interface EventInput {
  readonly draft: Omit<EventDraft, 'effectiveAt'>;
  readonly effective: Effective;
}

const attributeNames = ['email', 'name', 'title', 'department', 'manager', 'timeZone'] as const;
const personFields: readonly string[] = [...attributeNames, 'extra'];
const eventFields = 'eventId kind personId occurredAt effectiveAt source immediate reason person'.split(' ');
const fileFields: readonly string[] = [...eventFields, ...personFields];

type Fields = Readonly<Record<string, unknown>>;

/** Reads `--file`; `-` is stdin. Throws a `UsageError` that names what is wrong with it. */
export async function readEventFile(path: string, cwd: string): Promise<Fields> {
  const where = path === '-' ? 'stdin' : path;
  let content: string;
  try {
    content = path === '-' ? await readStream(process.stdin) : await readFile(resolve(cwd, path), 'utf8');
  } catch (error) {
    throw new UsageError(`--file ${where} cannot be read: ${codeOf(error)}`);
  }
  try {
    return asFields(JSON.parse(content) as unknown, `--file ${where}`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`--file ${where} is not JSON: ${explainFailure(error)}`);
  }
}

/** Puts options over the file's fields and checks the whole. Throws a `UsageError`. Pure. */
export function readEvent(
  kind: SubmittableKind,
  options: EventOptions,
  file: Fields,
  { now, newId }: { readonly now: Date; readonly newId: () => string },
): EventInput {
  rejectUnknown(file, fileFields, '--file');
  if (file['kind'] !== undefined && file['kind'] !== kind) {
    throw new UsageError(
      `--file holds an event of kind ${JSON.stringify(file['kind'])}: use that command, or kind "${kind}"`,
    );
  }
  const personId = trimmed(options.personId ?? file['personId']);
  if (personId === undefined) {
    throw new UsageError("--person-id is missing: give HR's id of the person, such as --person-id e-1042");
  }
  const person = readPerson(kind, options, file);
  const given = options.effective ?? file['effectiveAt'] ?? 'now';
  const effectiveName = options.effective === undefined ? 'effectiveAt in --file' : '--effective';
  if (typeof given !== 'string') throw new UsageError(`${effectiveName} must be a text such as 2026-01-31T09:00:00Z`);
  const effective = readEffective(given, now, effectiveName);
  const draft = {
    eventId: options.eventId ?? file['eventId'] ?? newId(),
    kind,
    personId,
    occurredAt: file['occurredAt'] ?? now.toISOString(),
    source: file['source'] ?? 'cli',
    person,
    immediate: options.immediate ?? file['immediate'],
    reason: options.reason ?? file['reason'],
  };
  // What is not known of the person is judged here, before anything is opened.
  const checked = checkedEvent({ ...draft, effectiveAt: effectiveInstant(effective) });
  refuseFuture(checked, now);
  return {
    draft: { ...checked, person },
    effective,
  };
}

type KnownPeople = Pick<Inventory, 'attributesAt' | 'statementsOf' | 'waitingEvents'>;
type KnownPolicy = RankedPolicy & Pick<Policy, 'defaultTimeZone'>;

/** The event as it can be submitted. Throws a `UsageError` where it lacks what nobody but its sender can say. */
export async function settleEvent(
  inventory: KnownPeople | undefined,
  input: EventInput,
  policy: () => Promise<KnownPolicy>,
): Promise<EventDraft> {
  const draft = await dateEvent(inventory, input, policy);
  if (!isOperators(draft.source)) refuseUnranked(await policy(), draft.source);
  await refuseEndless(inventory, draft);
  const { kind, personId, person } = draft;
  if (kind !== 'mover' || person?.email !== undefined) return draft;
  const said = (await inventory?.statementsOf(personId)) ?? [];
  if (said.some((one) => one.person?.email !== undefined)) return draft;
  throw new UsageError(
    `--email is missing: no person ${personId} is known yet, so the event must name it (\`npx muster person list\` shows all people)`,
  );
}

/**
 * Sets `effectiveAt` in the time zone that was given, that is known of the person, or the policy's: a day counts from its
 * first minute, a leaver's is the last working day and ends with its last one.
 */
export async function dateEvent(
  inventory: KnownPeople | undefined,
  { draft, effective }: EventInput,
  policy: () => Promise<KnownPolicy>,
): Promise<EventDraft> {
  let timeZone = draft.person?.timeZone;
  if (effective.kind === 'local' && timeZone === undefined) {
    const inForce = await policy();
    const day = { at: effectiveInstant(effective), ranks: ranksOf(inForce) };
    const known = inventory && (await latestAttributes(inventory, draft.personId, day));
    timeZone = known?.timeZone ?? inForce.defaultTimeZone;
  }
  const toInstant = draft.kind === 'leaver' ? lastInstant : effectiveInstant;
  return { ...draft, effectiveAt: toInstant(effective, timeZone) };
}

/** Throws a `UsageError` for a contractor whose access nobody would ever end, as HR's other ways in refuse them. */
async function refuseEndless(
  inventory: Pick<Inventory, 'waitingEvents'> | undefined,
  draft: EventDraft,
): Promise<void> {
  const problem = await endlessHire(
    [draft],
    ({ personId }) => inventory !== undefined && hasEndWaiting(inventory, personId),
  );
  if (problem === undefined) return;
  throw new UsageError(
    `${problem}. Name a sponsor with --attribute sponsor=NAME, or give the last working day first: ` +
      `npx muster leaver --person-id ${draft.personId} --effective DAY`,
  );
}

function readPerson(kind: SubmittableKind, options: EventOptions, file: Fields): Fields | undefined {
  const nested = file['person'] === undefined ? {} : asFields(file['person'], 'person in --file');
  rejectUnknown(nested, personFields, 'person in --file');
  const person: Record<string, unknown> = {};
  for (const name of attributeNames) {
    const value = trimmed(options[name] ?? nested[name] ?? file[name]);
    if (value !== undefined && value !== '') person[name] = value;
  }
  const extra = { ...asFields(nested['extra'] ?? file['extra'] ?? {}, 'extra in --file'), ...options.attribute };
  if (Object.keys(extra).length > 0) person['extra'] = extra;
  if (typeof person['timeZone'] === 'string') checkTimeZone(person['timeZone']);
  if (person['email'] === undefined && (kind === 'joiner' || (kind !== 'mover' && Object.keys(person).length > 0))) {
    throw new UsageError("--email is missing: give the person's e-mail address, such as --email ada@example.com");
  }
  if (Object.keys(person).length > 0) return person;
  if (kind === 'mover') {
    throw new UsageError(
      'Nothing says what changed: give --email, --name, --title, --department, --manager or --attribute',
    );
  }
  return undefined;
}

/** Blanks around it do not count, as on all other ways in. */
function trimmed(value: unknown): unknown {
  return typeof value === 'string' ? value.trim() : value;
}

function checkTimeZone(timeZone: string): void {
  try {
    parseTimeZone(timeZone);
  } catch (error) {
    throw new UsageError(`timeZone "${timeZone}" is not known. ${explainFailure(error)}`);
  }
}

function asFields(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new UsageError(`${what} must be one JSON object`);
}

function rejectUnknown(fields: Fields, known: readonly string[], what: string): void {
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new UsageError(
    `${what} has a field ${unknown} that is not known: use ${known.join(', ')}; put others into extra`,
  );
}
