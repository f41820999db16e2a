import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openInventory } from '../support/inventory.ts';
import { knowPerson } from '../support/muster.ts';
import { cleanEnvironment, startProgram } from '../support/processes.ts';

const lead = 'lead@example.com';
const policies = {
  wrong: 'version: 1\nrulez: []\n',
  ambiguous: `version: 1\nrules: [{ name: sre, roles: A, approval: { people: [${lead}], fallback: [c-1] } }]\n`,
};

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-stopped-'));
  for (const [name, text] of Object.entries(policies)) await writeFile(join(home, `${name}.yaml`), text);
  await using inventory = await openInventory({ file: join(home, 'inventory.db') });
  for (const personId of ['p-1', 'p-2']) await knowPerson({ inventory }, personId, lead);
});
afterAll(() => rm(home, { recursive: true }));

test.each([
  ['workers/main.ts', 'wrong', 'rulez'],
  ['workers/local.ts', 'wrong', 'rulez'],
  ['workers/main.ts', 'ambiguous', `rule sre: ${lead} is the e-mail of 2 people (p-1, p-2)`],
  ['workers/local.ts', 'ambiguous', `rule sre: ${lead} is the e-mail of 2 people (p-1, p-2)`],
])('%s exits when the policy is %s', async (path, policy, why) => {
  const env = {
    ...cleanEnvironment(),
    MUSTER_HOME: home,
    MUSTER_POLICY: join(home, `${policy}.yaml`),
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    MUSTER_DATADOG_URL: 'http://127.0.0.1:1',
    DD_API_KEY: 'one',
    DD_APP_KEY: 'two',
  };
  const program = startProgram(path, { env });
  const kill = setTimeout(() => void program.end('SIGKILL'), 20_000);
  const { code, signal, err } = await program.exited;
  clearTimeout(kill);
  expect({ code, signal }).toEqual({ code: 2, signal: null });
  expect(err).toContain(why);
});
