import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { checkPayload, checkRecord, type CheckedItem } from '../../client/intake/check.ts';
import { readRoster, settingsOf } from '../../client/intake/roster/read.ts';
import { formType, readBody } from '../../client/intake/webhooks/body.ts';
import type { RosterSystem } from '../../domain/policy/rosters.ts';
import { loadPolicy } from '../../policy/file.ts';

/**
 * What HR systems really send, each with what must come of it beside: `NAME.json`, `NAME.form` or `NAME.csv` with
 * `NAME.expected.json`. A further file is a further test.
 */

interface Expected {
  /** Of `sources.yaml`. */
  readonly source: string;
  /** The file is HR's record of this person. */
  readonly record?: string;
  readonly items: readonly {
    readonly result: CheckedItem['result'];
    /** Part of the reason. */
    readonly why?: string;
    /** Kind and day or instant of what follows, such as `leaver 2026-12-01T00:00:00.000Z`. */
    readonly events?: readonly string[];
    readonly fetch?: string;
    /** What is read, by field; null: nothing. */
    readonly read?: Readonly<Record<string, unknown>>;
  }[];
}

const folder = join(import.meta.dirname, 'corpus');
const files = globSync('**/*.{json,form}', { cwd: folder })
  .filter((file) => !file.endsWith('.expected.json'))
  .toSorted();
const rosters = globSync('**/*.csv', { cwd: folder }).toSorted();
const policy = await loadPolicy(join(folder, 'sources.yaml'), { datadogIsSimulator: true });
const now = () => new Date('2026-11-28T12:00:00Z');

/** What must come of a CSV file. */
interface ExpectedRoster {
  readonly source: string;
  readonly system?: RosterSystem;
  readonly decisions: number;
  /** Fields of each row that is taken. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly refused: readonly { readonly line: number; readonly why: string }[];
}

test('the corpus has at least sixty cases', () => expect(files.length).toBeGreaterThanOrEqual(60));

test.each(files)('%s', async (file) => {
  const beside = join(folder, file.replace(/\.\w+$/, '.expected.json'));
  const expected = JSON.parse(await readFile(beside, 'utf8')) as Expected;
  const source = policy.sources.find(({ name }) => name === expected.source);
  if (source === undefined) throw new Error(`sources.yaml has no ${expected.source}`);
  const type = file.endsWith('.form') ? formType : 'application/json';
  const payload = readBody(await readFile(join(folder, file)), type);
  const context = { source, policy, now };
  const items =
    expected.record === undefined
      ? await checkPayload(context, payload)
      : await checkRecord(context, payload, expected.record);
  expect(items.map((item, index) => shownAs(item, expected.items[index]))).toEqual(expected.items);
});

test.each(rosters)('%s', async (file) => {
  const beside = join(folder, file.replace(/\.csv$/, '.expected.json'));
  const expected = JSON.parse(await readFile(beside, 'utf8')) as ExpectedRoster;
  const settings = settingsOf({ ...policy, roster: { ...policy.roster, system: expected.system } }, expected.source);
  const { rows, odd, decisions } = await readRoster(join(folder, file), settings);
  expect(rows).toMatchObject(expected.rows);
  expect({ rows: rows.length, decisions: decisions.length }).toEqual({
    rows: expected.rows.length,
    decisions: expected.decisions,
  });
  const refused = expected.refused.map(({ line, why }) => ({ line, message: expect.stringContaining(why) as unknown }));
  expect(odd.map(({ line, message }) => ({ line, message }))).toEqual(refused);
});

/** The item, as far as something is expected of it. */
function shownAs(item: CheckedItem, expected: Expected['items'][number] | undefined): unknown {
  const { why = '', fetch } = item;
  return {
    result: item.result,
    ...(expected?.why === undefined ? {} : { why: why.includes(expected.why) ? expected.why : why }),
    ...(item.events.length === 0
      ? {}
      : { events: item.events.map(({ kind, effectiveAt }) => `${kind} ${effectiveAt}`) }),
    ...(fetch === undefined ? {} : { fetch }),
    ...(expected?.read === undefined ? {} : { read: readOf(item, Object.keys(expected.read)) }),
  };
}

const readOf = ({ fields }: CheckedItem, names: readonly string[]): unknown =>
  Object.fromEntries(names.map((name) => [name, fields.find(({ field }) => field === name)?.read ?? null]));
