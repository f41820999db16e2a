import { once } from 'node:events';
import { Agent, createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that changes something, as it came from the client, before it reached the target. */
export interface RecordedWrite {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  /** Wall clock, milliseconds. */
  readonly atMs: number;
}

/** Stands on loopback before a server and notes every write with its body. What the client gives up still arrives. */
export async function startRecorder(target: string) {
  const writes: RecordedWrite[] = [];
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing).catch(() => outgoing.destroy());
  });

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const reply = await forward(incoming);
    const text = await read(reply);
    if (text === undefined) throw new Error('the answer was cut off');
    outgoing.writeHead(reply.statusCode ?? 500, reply.headers).end(text);
  }

  async function forward(incoming: IncomingMessage): Promise<IncomingMessage> {
    const { method = 'GET', url = '/', headers } = incoming;
    const body = (await read(incoming)) ?? Buffer.alloc(0);
    if (method !== 'GET') {
      const given = body.length === 0 ? undefined : (JSON.parse(body.toString('utf8')) as unknown);
      writes.push({ method, path: url, body: given, atMs: Date.now() });
    }
    const outgoing = send(new URL(url, target), { method, headers, agent });
    outgoing.end(body);
    const [answer]: IncomingMessage[] = await once(outgoing, 'response');
    if (answer === undefined) throw new Error('no answer');
    return answer;
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    writes,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}

/** Undefined where the connection ended in the middle. */
async function read(message: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of message) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}
