import { once } from 'node:events';
import { Agent, createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { RequestRecord } from '../../simulator/index.ts';

/** The first request that names `subject` and matches is kept, with everything that names it after that. */
interface Hold {
  /** An account's id, or an e-mail. */
  readonly subject: string;
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  readonly path: RegExp;
  /** `after`: it is carried out, and only its response never comes. */
  readonly when: 'before' | 'after';
}

/**
 * Stands on loopback between Muster and Datadog. It notes what was asked of Datadog, and can keep a write or its response
 * back for as long as it takes: the caller is in the middle of it then.
 */
export async function startGate(target: string) {
  const records: RequestRecord[] = [];
  const holds: { readonly hold: Hold; isCaught: boolean }[] = [];
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing).catch(() => outgoing.destroy());
  });

  async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = incoming;
    const body = await buffer(incoming);
    const { pathname: path, search: query } = new URL(url, target);
    const record: RequestRecord = {
      ...{ method, path, query, atMs: Date.now(), status: null, carriedOut: null },
      body: body.toString('utf8'),
    };
    records.push(record);
    const text = `${decodeURIComponent(url)} ${record.body}`;
    const found = holds.find(
      ({ hold, isCaught }) =>
        text.includes(hold.subject) && (isCaught || (hold.method === method && hold.path.test(path))),
    );
    if (found !== undefined) {
      const isCarriedOut = !found.isCaught && found.hold.when === 'after';
      found.isCaught = true;
      if (isCarriedOut) record.carriedOut = (await forward(incoming, body)).status;
      return;
    }
    const reply = await forward(incoming, body);
    record.status = record.carriedOut = reply.status;
    outgoing.writeHead(reply.status, reply.headers).end(reply.body);
  }

  async function forward({ method, url = '/', headers }: IncomingMessage, body: Buffer) {
    const outgoing = send(new URL(url, target), { ...(method === undefined ? {} : { method }), headers, agent });
    outgoing.end(body);
    const [reply]: IncomingMessage[] = await once(outgoing, 'response');
    if (reply === undefined) throw new Error('no answer');
    return { status: reply.statusCode ?? 500, headers: reply.headers, body: await buffer(reply) };
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    /** What Muster asked, and nobody else. */
    requests: { list: (): readonly RequestRecord[] => records },
    hold: (hold: Hold): void => void holds.push({ hold, isCaught: false }),
    /** How many are kept that match. */
    caught: (subject = ''): number =>
      holds.filter(({ hold, isCaught }) => isCaught && hold.subject.includes(subject)).length,
    /** From now on everything passes; what is kept stays without a response. */
    open: (): void => void holds.splice(0),
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}
