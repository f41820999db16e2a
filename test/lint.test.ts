import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '..');

/** What the linter, with this project's rules, says of a file at that place. */
async function lint(path: string, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-lint-'));
  try {
    await cp(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
    return await new Promise((done) => {
      const oxlint = join(root, 'node_modules', '.bin', 'oxlint');
      execFile(oxlint, ['--deny-warnings', path], { cwd: folder }, (error, stdout) =>
        done(error === null ? '' : stdout),
      );
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const use = (name: string, from: string): string =>
  `import { ${name} } from '${from}';\n\nexport const used = ${name};\n`;

test.each([
  ['workflows/core/bad.ts', use('z', 'zod'), 'workflows/core is pure'],
  ['workflows/core/bad.ts', use('createHash', 'node:crypto'), 'workflows/core is pure'],
  ['workflows/core/bad.ts', use('records', '../proxies.ts'), 'workflows/core is pure'],
  ['workflows/core/bad.ts', use('sleep', '@temporalio/workflow'), 'takes only define*'],
  ['workflows/bad.ts', use('createActivities', '../activities/index.ts'), 'by `import type` only'],
  ['workflows/bad.ts', use('readFile', 'node:fs/promises'), 'nothing else exists in the sandbox'],
  ['workflows/bad.ts', use('createMuster', '../client/muster.ts'), 'nothing else exists in the sandbox'],
  ['activities/bad.ts', use('createMuster', '../client/muster.ts'), 'Activities import workflows/core'],
  ['activities/datadog/bad.ts', use('onboarding', '../../workflows/onboarding.ts'), 'workflows/core only'],
  ['client/bad.ts', use('onboarding', '../workflows/index.ts'), 'types of workflows'],
  ['simulator/bad.ts', use('openDatadog', '../activities/datadog/index.ts'), 'stands alone'],
])('in %s the linter catches %j', async (path, text, message) => {
  expect(await lint(path, text)).toContain(message);
});

test.each([
  ['workflows/core/good.ts', use('defineSignal', '@temporalio/workflow')],
  ['workflows/core/good.ts', use('personWorkflowId', './contracts.ts')],
  [
    'workflows/good.ts',
    `import type { Activities } from '../activities/index.ts';\n\nexport type Used = Activities;\n`,
  ],
  ['workflows/good.ts', use('plan', './core/plan.ts')],
  ['activities/good.ts', use('plan', '../workflows/core/plan.ts')],
  ['client/good.ts', use('taskQueues', '../workflows/core/contracts.ts')],
])('in %s the linter allows %j', async (path, text) => {
  expect(await lint(path, text)).toBe('');
});
