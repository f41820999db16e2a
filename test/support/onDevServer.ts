import { afterAll, beforeAll } from '@jest/globals';
import { NativeConnection } from '@temporalio/worker';
import type { Client } from '@temporalio/client';
import { startDevServer } from './engine.ts';
import { startTestMuster, type TestMuster, type TestMusterOptions } from './muster.ts';

/** One dev server a test file; each test may have a Muster of its own on it. */
export function useDevServer() {
  let opened: AsyncDisposableStack;
  let client: Client;
  let connection: NativeConnection;
  beforeAll(async () => {
    await using stack = new AsyncDisposableStack();
    const engine = stack.use(await startDevServer());
    connection = await NativeConnection.connect({ address: engine.address });
    stack.defer(() => connection.close());
    client = engine.client;
    opened = stack.move();
  });
  afterAll(() => opened?.disposeAsync());
  return {
    startMuster: (options: Partial<TestMusterOptions> = {}): Promise<TestMuster> =>
      startTestMuster({ client, connection, ...options }),
    client: () => client,
    connection: () => connection,
  };
}
