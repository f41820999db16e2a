import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { examplePolicyPath } from '../../../config/config.ts';
import { eventually } from '../../support/muster.ts';
import { gatewayPort } from '../../support/ports.ts';
import { startProgram } from '../../support/processes.ts';
import { hrSecret } from '../support/gateway.ts';

test('the gateway starts while Temporal is away, says so, and is ready for events', async () => {
  const home = await mkdtemp(join(tmpdir(), 'muster-gateway-'));
  await mkdir(join(home, 'secrets'));
  await writeFile(join(home, 'secrets', 'hr'), hrSecret);
  const port = await gatewayPort();
  const gateway = startProgram('client/gateway/main.ts', {
    env: {
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      MUSTER_HOME: home,
      MUSTER_PORT: String(port),
      MUSTER_POLICY: examplePolicyPath,
    },
  });
  try {
    await eventually('the gateway to start', () => gateway.said.err.includes('gateway started'), 60_000);
    const ask = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: answer.status, ...((await answer.json()) as object) };
    };
    expect(await ask('/readyz/events')).toMatchObject({ status: 200, ready: true, engine: 'noAnswer' });
    expect(await ask('/readyz')).toMatchObject({ status: 503, ready: false, engine: 'noAnswer', database: 'ok' });
  } finally {
    expect(await gateway.end('SIGTERM')).toMatchObject({ code: 0 });
    await rm(home, { recursive: true });
  }
}, 90_000);
