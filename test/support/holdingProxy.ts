import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * A TCP proxy that can withhold the responses: the request was carried out, and the caller does not know. `target` is
 * `host:port` or the path of a socket; `at` the port to listen on, 0 for a free one.
 */
export async function startHoldingProxy(target: string, at = 0) {
  const [host = '127.0.0.1', port = ''] = target.split(':');
  const open = () => (target.startsWith('/') ? connect(target) : connect(Number(port), host));
  const state: { isHolding: boolean; from?: string | undefined } = { isHolding: false };
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = open();
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        // A network that lets nothing through tells neither side that the other one is gone.
        if (state.isHolding) return;
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (data) => {
      if (state.from !== undefined && data.includes(state.from)) state.isHolding = true;
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (!state.isHolding) client.write(data);
    });
  });
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** From now on no response comes through; connections that are open stay dumb. */
    hold: (isHolding: boolean) => {
      state.isHolding = isHolding;
      state.from = undefined;
    },
    /** The same, from when this text is next sent. */
    holdFrom: (text: string) => (state.from = text),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
