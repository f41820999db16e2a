// A program of its own: the servers that all test files of one run of Jest share. Each starts when it is first asked for,
// and all end with the run, however it ends: then this program's stdin is closed.
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = await mkdtemp(join(tmpdir(), 'muster-shared-'));
const opened = new AsyncDisposableStack();
opened.defer(() => rm(folder, { recursive: true, force: true }));

const makers: Readonly<Record<string, () => Promise<unknown>>> = {
  async temporal() {
    const { startTemporal } = await import('./temporal.ts');
    return { address: opened.use(await startTemporal()).address };
  },
  async postgres() {
    const { startPostgres } = await import('../postgres.ts');
    const server = await startPostgres();
    if ('unavailable' in server) return server;
    opened.use(server);
    return { folder: server.folder };
  },
  async bundle() {
    const { bundleHastened } = await import('./bundle.ts');
    const codePath = join(folder, 'workflows.js');
    await writeFile(codePath, (await bundleHastened()).code);
    return { codePath };
  },
};

const made = new Map<string, Promise<unknown>>();
function make(name: string): Promise<unknown> {
  const maker = makers[name] ?? (() => Promise.reject(new Error(`there is no ${name}`)));
  const making = made.get(name) ?? maker();
  made.set(name, making);
  return making;
}

const server = createServer(({ url = '' }, response) => {
  make(url.slice(1)).then(
    (value) => response.end(JSON.stringify(value)),
    (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.stack : String(error)),
  );
}).listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);

process.stdin.resume();
await once(process.stdin, 'end');
server.close();
server.closeAllConnections();
await Promise.allSettled(made.values());
await opened.disposeAsync();
