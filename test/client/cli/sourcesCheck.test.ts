import { globSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runCli } from '../../../client/cli/run.ts';
import { rosterSystems } from '../../../domain/policy/rosters.ts';
import { senderNames } from '../../../domain/policy/senders.ts';
import { loadPolicy } from '../../../policy/file.ts';
import { createShell } from '../support/shell.ts';

const corpus = join(import.meta.dirname, '..', '..', 'intake', 'corpus');

interface Sample {
  readonly file: string;
  readonly record?: string;
  readonly results: readonly string[];
}

/** The samples in the shapes that the vendors publish, by the ready source that they are of. */
async function samplesOf(): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const { sources } = await loadPolicy(join(corpus, 'sources.yaml'), { datadogIsSimulator: true });
  // The corpus names its sources otherwise where a ready one has capitals.
  const readyOf = (name: string): string => name.replace(/-(\w)/, (_all, letter: string) => letter.toUpperCase());
  const samples = new Map<string, Sample[]>();
  for (const beside of globSync('vendors/*.expected.json', { cwd: corpus })) {
    const { source, record, items } = JSON.parse(await readFile(join(corpus, beside), 'utf8')) as {
      readonly source: string;
      readonly record?: string;
      readonly items: readonly { readonly result: string }[];
    };
    expect(sources.map(({ name }) => name)).toContain(source);
    const [file = ''] = globSync(`vendors/${basename(beside, '.expected.json')}.{json,form}`, { cwd: corpus });
    const sample = { file, ...(record === undefined ? {} : { record }), results: items.map(({ result }) => result) };
    samples.set(readyOf(source), [...(samples.get(readyOf(source)) ?? []), sample]);
  }
  return samples;
}

let home: string;
/** It names no source of the vendors: only how one of them writes dates. */
const policy = 'version: 1\nrules: []\nsources: [{ name: successfactors, dates: monthFirst }]\n';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-check-'));
  await writeFile(join(home, 'policy.yaml'), policy);
});
afterAll(() => rm(home, { recursive: true }));

async function check(...args: readonly string[]) {
  const shell = createShell({ cwd: corpus, env: { MUSTER_HOME: home, MUSTER_POLICY: join(home, 'policy.yaml') } });
  const code = await runCli(['sources', 'check', ...args], shell);
  return { code, out: shell.out(), err: shell.err() };
}

const samples = await samplesOf();
const ready = senderNames.filter((name) => name !== 'standardWebhooks');

test.each(ready)('sources check understands the published samples of %s, as it is without a policy', async (name) => {
  const own = samples.get(name) ?? [];
  // What is taken is seen, not only what is not.
  expect(own.some(({ results }) => results.includes('taken'))).toBe(true);
  for (const { file, record, results } of own) {
    const { code, out } = await check(name, file, ...(record === undefined ? [] : ['--record', record]), '--json');
    const { items } = JSON.parse(out) as { readonly items: readonly { readonly result: string }[] };
    expect({ file, code, results: items.map(({ result }) => result) }).toEqual({
      ...{ file, results },
      code: results.includes('refused') ? 1 : 0,
    });
  }
});

test.each(rosterSystems)('sources check names the column of each field in an export of %s', async (system) => {
  const { out, err } = await check(system, `rosters/${system}.csv`, '--json');
  const { columns, taken } = JSON.parse(out) as {
    readonly columns: readonly { readonly field?: string }[];
    readonly taken: number;
  };
  expect({ taken: taken > 0, err }).toEqual({ taken: true, err: '' });
  const fields = columns.flatMap(({ field }) => field ?? []);
  expect(fields).toEqual(
    expect.arrayContaining(['externalId', 'email', 'title', 'department', 'status', 'startDate', 'endDate']),
  );
});

test('sources check shows where a field stands, what it says and what is read', async () => {
  const { code, out } = await check(
    'finch',
    'vendors/finchRecord.json',
    '--record',
    '5d0b10a1-a09a-430f-81f1-20be735dc5e9',
  );
  expect({ code, out }).toMatchObject({ code: 0 });
  expect(out).toMatch(/\/0\/responses\/0\/body\/emails\/type=work\/data +email +ada@example\.com +the same/);
  expect(out).toMatch(/status +active +the same +employed/);
  expect(out).toContain('Nothing was submitted');
});
