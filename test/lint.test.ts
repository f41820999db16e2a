import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '..');

const belowClient = ['domain', 'datadog', 'inventory', 'policy', 'auth', 'config', 'activities'];

/** Each room, and the rooms whose code it may import. Types of activities and of workflows are in `allowed` below. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  'domain/access': ['domain'],
  datadog: ['domain'],
  'datadog/wrappers': ['domain', 'datadog'],
  inventory: ['domain'],
  'inventory/queries': ['domain', 'inventory'],
  policy: ['domain'],
  auth: ['domain', 'datadog', 'inventory', 'policy'],
  config: ['domain', 'datadog', 'inventory', 'policy', 'auth'],
  activities: ['domain', 'datadog', 'inventory', 'policy', 'auth', 'config'],
  workflows: ['domain'],
  'client/operations': [...belowClient, 'client/operations'],
  'client/intake': [...belowClient, 'client/operations', 'client/intake'],
  'client/intake/roster': [...belowClient, 'client/operations', 'client/intake'],
  'client/cli': [...belowClient, 'client/operations', 'client/intake', 'client/cli', 'simulator'],
  'client/gateway': [...belowClient, 'client/operations', 'client/intake', 'client/gateway'],
  'client/gateway/scim': [...belowClient, 'client/operations', 'client/intake', 'client/gateway'],
  workers: [
    ...belowClient,
    'workflows',
    'client/operations',
    'client/intake',
    'client/cli',
    'client/gateway',
    'simulator',
  ],
  simulator: [],
};
const rooms = [...Object.keys(mayImport), 'bench', 'test'];

/** The room as the table's right side names it: a folder within it obeys the same rule. */
const roomOf = (folder: string): string => folder.split('/', folder.startsWith('client/') ? 2 : 1).join('/');

const importOf = (from: string, to: string): string =>
  use('thing', relative(from, join(to, 'thing.ts')).replace(/^(?!\.)/, './'));

const arrows = Object.keys(mayImport).flatMap((from) =>
  rooms
    .filter((to) => roomOf(from) !== roomOf(to) && !mayImport[from]?.includes(roomOf(to)))
    .map((to): [string, string] => [from, importOf(from, to)]),
);

const refused: readonly [folder: string, text: string][] = [
  ...arrows,
  ['domain', use('z', 'zod')],
  ['domain/access', use('createHash', 'node:crypto')],
  ['domain', use('sleep', '@temporalio/workflow')],
  ['workflows', use('readFile', 'node:fs/promises')],
  ['workflows', use('z', 'zod')],
];

const allowed: readonly [folder: string, text: string][] = [
  ...Object.entries(mayImport).flatMap(([from, tos]) => tos.map((to): [string, string] => [from, importOf(from, to)])),
  ['domain', use('defineSignal', '@temporalio/workflow')],
  ['workflows', useType('Activities', '../activities/index.ts')],
  ['client/cli', useType('onboarding', '../../workflows/index.ts')],
];

function use(name: string, from: string): string {
  return `import { ${name} } from '${from}';\n\nexport const used = ${name};\n`;
}

function useType(name: string, from: string): string {
  return `import type { ${name} } from '${from}';\n\nexport type Used = ${name};\n`;
}

const lines = (count: number, text: string): string => `${text}\n`.repeat(count);

const limited: readonly [folder: string, rule: string, text: string][] = [
  ['domain', 'max-lines', lines(301, '// one more')],
  ['activities', 'max-lines-per-function', `export function long(): void {\n${lines(60, '  void 0;')}}\n`],
  ['client/cli', 'no-process-env', "export const home = process.env['HOME'];\n"],
];

/** What the linter, with this project's rules, says of each file. One run for all of them. */
const said = new Map<string, string>();

const firstLine = (text: string): string => text.split('\n')[0] as string;

const pathOf = (kind: string, folder: string, index: number): string => `${folder}/${kind}${index}.ts`;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'muster-lint-'));
  try {
    await cp(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
    const limitedCases = limited.map(([room, , text]) => [room, text] as const);
    for (const [kind, cases] of Object.entries({ refused, allowed, limited: limitedCases })) {
      for (const [index, [room, text]] of cases.entries()) {
        const path = join(folder, pathOf(kind, room, index));
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, text);
      }
    }
    const report = await new Promise<string>((done) => {
      const oxlint = join(root, 'node_modules', '.bin', 'oxlint');
      execFile(oxlint, ['--format=json', '.'], { cwd: folder, maxBuffer: 16 << 20 }, (_error, stdout) => done(stdout));
    });
    const { diagnostics } = JSON.parse(report) as { diagnostics: { filename: string; code: string }[] };
    for (const { filename, code } of diagnostics) said.set(filename, `${said.get(filename) ?? ''}${code}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.each(refused.map(([folder, text], index) => ({ folder, line: firstLine(text), index })))(
  'in $folder the linter refuses $line',
  ({ folder, index }) => {
    expect(said.get(pathOf('refused', folder, index))).toContain('no-restricted-imports');
  },
);

test.each(allowed.map(([folder, text], index) => ({ folder, line: firstLine(text), index })))(
  'in $folder the linter allows $line',
  ({ folder, index }) => {
    expect(said.get(pathOf('allowed', folder, index))).toBeUndefined();
  },
);

test.each(limited.map(([folder, rule], index) => ({ folder, rule, index })))(
  'in $folder the linter enforces $rule',
  ({ folder, rule, index }) => {
    expect(said.get(pathOf('limited', folder, index))).toContain(`(${rule})`);
  },
);
