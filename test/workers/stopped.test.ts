import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cleanEnvironment, startProgram } from '../support/processes.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-stopped-'));
  await writeFile(join(home, 'policy.yaml'), 'version: 1\nrulez: []\n');
});
afterAll(() => rm(home, { recursive: true }));

test.each(['workers/main.ts', 'workers/local.ts'])('%s exits when the policy is wrong', async (path) => {
  const env = {
    ...cleanEnvironment(),
    MUSTER_HOME: home,
    MUSTER_POLICY: join(home, 'policy.yaml'),
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
  expect(err).toContain('rulez');
});
