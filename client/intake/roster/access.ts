import type { Entitlement, PersonAttributes } from '../../../domain/model.ts';
import { birthrightAccess, type PolicyRule } from '../../../domain/policy/rules.ts';
import type { AccessChange, AccessPreview, Gain, RosterItem, RosterPerson } from './model.ts';

/** What the policy's rules give before and after a roster, person by person. */

interface PreviewOptions {
  readonly rules: readonly PolicyRule[];
  readonly people: ReadonlyMap<string, RosterPerson>;
  readonly room: number;
  readonly isDue: (item: RosterItem) => boolean;
}

/** `items` in the order in which they are applied. */
export function previewAccess(items: readonly RosterItem[], options: PreviewOptions): AccessPreview {
  const { rules, people, room, isDue } = options;
  const accessOf = cachedAccess(rules);
  const current = new Map<string, PersonAttributes | undefined>();
  const changes: AccessChange[] = [];
  const losers = new Set<string>();
  for (const item of items) {
    const person = whoIs(item);
    const known = item.personId === undefined ? undefined : people.get(item.personId);
    const before = current.has(person) ? current.get(person) : employedAttributes(known);
    const after = afterOf(item, before ?? known?.attributes, known);
    current.set(person, after);
    const [had, has] = [accessOf(before), accessOf(after)];
    const gains = [...has.values()].filter((one) => !had.has(keyOf(one)));
    const loses = [...had.values()].filter((one) => !has.has(keyOf(one))).map(({ kind, name }) => ({ kind, name }));
    if (isDue(item) && (item.kind === 'leaver' || loses.length > 0)) losers.add(person);
    if (gains.length + loses.length === 0) continue;
    changes.push({ line: item.line, person, effectiveAt: item.effectiveAt, gains, loses });
  }
  return { changes, totals: totalsOf(changes), losers: losers.size, held: Math.max(0, losers.size - room) };
}

export const whoIs = ({ personId, externalId, person }: RosterItem): string =>
  personId ?? externalId ?? person?.email ?? '';

function employedAttributes(known: RosterPerson | undefined): PersonAttributes | undefined {
  return known !== undefined && ['joining', 'employed'].includes(known.employment) ? known.attributes : undefined;
}

/** Undefined for somebody who has left. A source below another one only adds. */
function afterOf(
  { kind, person }: RosterItem,
  before: PersonAttributes | undefined,
  known: RosterPerson | undefined,
): PersonAttributes | undefined {
  if (kind === 'leaver') return undefined;
  if (person === undefined || before === undefined) return person ?? before;
  const [below, above] = known?.isFirst === false ? [person, before] : [before, person];
  return { ...below, ...above, extra: { ...below.extra, ...above.extra } };
}

/** People with the same attributes have the same access: a company has fewer kinds of them than people. */
function cachedAccess(rules: readonly PolicyRule[]) {
  const names = new Set(rules.flatMap(({ when }) => Object.keys(when)));
  const cache = new Map<string, ReadonlyMap<string, Gain>>();
  return (attributes: PersonAttributes | undefined): ReadonlyMap<string, Gain> => {
    if (attributes === undefined) return new Map();
    const { extra, ...own } = attributes;
    const all: Readonly<Record<string, unknown>> = { ...extra, ...own };
    const key = JSON.stringify([...names].map((name) => all[name] ?? null));
    const known = cache.get(key);
    if (known !== undefined) return known;
    const { granted, onApproval } = birthrightAccess({ rules }, attributes);
    const access: Gain[] = [
      ...onApproval.flatMap(({ entitlements }) =>
        entitlements.map(({ kind, name }) => ({ kind, name, needsApproval: true as const })),
      ),
      ...granted.map(({ kind, name }) => ({ kind, name })),
    ];
    const found = new Map(access.map((one) => [keyOf(one), one]));
    cache.set(key, found);
    return found;
  };
}

function totalsOf(changes: readonly AccessChange[]): AccessPreview['totals'] {
  const totals = new Map<string, Entitlement & { gain: number; lose: number }>();
  const count = ({ kind, name }: Entitlement, which: 'gain' | 'lose'): void => {
    const total = totals.get(keyOf({ kind, name })) ?? { kind, name, gain: 0, lose: 0 };
    total[which] += 1;
    totals.set(keyOf({ kind, name }), total);
  };
  for (const { gains, loses } of changes) {
    for (const one of gains) count(one, 'gain');
    for (const one of loses) count(one, 'lose');
  }
  return [...totals].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, total]) => total);
}

const keyOf = ({ kind, name }: Entitlement): string => `${kind}:${name}`;
