import { runChild } from './children.ts';
import { request } from 'undici';

export interface ReaderInput {
  readonly url: string;
  readonly pageSize: number;
  readonly users: number;
}

// The least that a client can do: read and parse the same pages, and nothing else.
await runChild(async ({ url, pageSize, users }: ReaderInput) => {
  let read = 0;
  for (let number = 0; number * pageSize < users; number += 1) {
    const { body } = await request(`${url}/api/v2/users?page%5Bsize%5D=${pageSize}&page%5Bnumber%5D=${number}`);
    const { data } = (await body.json()) as { data: readonly unknown[] };
    read += data.length;
  }
  const { user, system } = process.cpuUsage();
  return { ready: { read, cpuSeconds: (user + system) / 1e6 }, stop: async () => undefined };
});
