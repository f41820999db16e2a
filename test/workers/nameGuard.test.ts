import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type OutgoingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createNameGuard } from '../../workers/nameGuard.ts';

const seen: string[] = [];
const servers: Server[] = [];
let guard: number;

async function listen(server: Server): Promise<number> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  const behind = await listen(
    createServer((asked, answer) => {
      let body = '';
      asked.on('data', (part) => (body += String(part)));
      asked.on('end', () => {
        seen.push(`${asked.method} ${asked.url} ${body}`);
        answer.writeHead(201, { 'x-ui': 'yes' }).end('from behind');
      });
    }),
  );
  guard = await listen(createNameGuard({ to: new URL(`http://127.0.0.1:${behind}`), names: ['localhost:8233'] }));
});
afterAll(() => void servers.map((server) => server.close()));

async function ask(headers: OutgoingHttpHeaders, port = guard) {
  const asked = request({ port, method: 'POST', path: '/api/v1/x?y=1', headers }).end('body');
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const part of answer) text += String(part);
  return { status: answer.statusCode, ui: answer.headers['x-ui'], text };
}

test.each([{ host: 'localhost:8233' }, { host: 'LOCALHOST:8233', origin: 'http://localhost:8233' }])(
  'a request by its name is passed on: %j',
  async (headers) => {
    seen.length = 0;
    expect(await ask(headers)).toEqual({ status: 201, ui: 'yes', text: 'from behind' });
    expect(seen).toEqual(['POST /api/v1/x?y=1 body']);
  },
);

test.each([
  { host: 'evil.example:8233' },
  { host: 'localhost' },
  { host: 'localhost:8233.evil.example' },
  { host: 'localhost:8233', origin: 'http://evil.example:8233' },
  { host: 'localhost:8233', origin: 'null' },
])('a request by another name, or from another page, reaches nothing: %j', async (headers) => {
  seen.length = 0;
  expect(await ask(headers)).toMatchObject({ status: 421, ui: undefined });
  expect(seen).toEqual([]);
});

test('where nothing responds behind it the guard says so', async () => {
  const port = await listen(createNameGuard({ to: new URL('http://127.0.0.1:1'), names: ['localhost:8233'] }));
  expect(await ask({ host: 'localhost:8233' }, port)).toMatchObject({ status: 502 });
});
