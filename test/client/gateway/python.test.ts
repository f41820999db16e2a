import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, expect, test } from '@jest/globals';
import { pythonWith } from '../../support/python.ts';
import { hrSecret, joinerBody, post, startGateway, syncEnded } from '../support/gateway.ts';
import { giveToken } from '../../support/operators.ts';

const scripts = join(import.meta.dirname, '..', '..', 'support', 'python');
let programs: string;
beforeAll(async () => {
  programs = await pythonWith(['standardwebhooks==1.1.0', 'schemathesis==4.32.5']);
}, 300_000);

/** The headers that the Python library of Standard Webhooks makes. */
async function signInPython(body: string, id: string): Promise<Record<string, string>> {
  const child = spawn(join(programs, 'python'), [join(scripts, 'sign.py'), hrSecret, id]);
  child.stdin.end(body);
  const [at = '', signature = ''] = (await text(child.stdout)).trim().split(' ');
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': at,
    'webhook-signature': signature,
  };
}

test('a message that the Python library signs is accepted, and refused once any of it is altered', async () => {
  await using gateway = await startGateway();
  const body = joinerBody('e-1', { name: 'Jörg "Äda" Example' });
  const headers = await signInPython(body, 'py-1');
  const later = String(Number(headers['webhook-timestamp']) + 1);
  const altered: [string, Record<string, string>][] = [
    [`${body} `, headers],
    [body.replace('Engineering', 'SRE'), headers],
    [body, { ...headers, 'webhook-id': 'py-2' }],
    [body, { ...headers, 'webhook-timestamp': later }],
    [body, { ...headers, 'webhook-signature': `${headers['webhook-signature']}=` }],
    [body, { ...headers, 'webhook-signature': `${headers['webhook-signature']}`.replace('v1,', 'v2,') }],
  ];
  for (const [sent, given] of altered) expect(await post(gateway, sent, given)).toMatchObject({ status: 401 });
  expect(gateway.signalled).toEqual([]);
  expect(await post(gateway, body, headers)).toMatchObject({ status: 202 });
  expect(gateway.signalled).toHaveLength(1);
}, 60_000);

test('Schemathesis finds no fault of the gateway, and no response that is not described', async () => {
  await using gateway = await startGateway();
  // Ready, as 503 is what Schemathesis takes for a fault.
  await syncEnded(gateway, 1, { state: 'complete' });
  const url = await gateway.app.listen({ host: '127.0.0.1', port: 0 });
  const { token } = await giveToken(gateway, { role: 'admin', personId: 'boss' });
  const options = [
    `--config-file=${join(scripts, 'schemathesis.toml')}`,
    'run',
    `${url}/openapi.json`,
    '--max-examples=25',
    '--seed=1',
    '--no-color',
  ];
  const env = { ...process.env, TOKEN: token, SECRET: hrSecret, SCHEMATHESIS_HOOKS: 'signing', PYTHONPATH: scripts };
  const child = execFile(join(programs, 'schemathesis'), options, { env, cwd: gateway.home });
  const said = text(child.stdout as NodeJS.ReadableStream);
  const [code] = (await once(child, 'close')) as [number];
  expect({ code, said: code === 0 ? '' : await said }).toEqual({ code: 0, said: '' });
  expect(gateway.errors).toEqual([]);
  expect(gateway.signalled.length).toBeGreaterThan(10);
}, 240_000);
