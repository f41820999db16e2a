import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/** Asks an address again and again until its input ends, then prints the milliseconds of each answer as JSON. */
const [url = '', everyMs = ''] = process.argv.slice(2);
const over = new AbortController();
void once(process.stdin.resume(), 'end').then(() => over.abort());
const took: number[] = [];
for (; !over.signal.aborted; await delay(Number(everyMs))) {
  const startedAt = performance.now();
  await (await fetch(url)).text();
  took.push(performance.now() - startedAt);
}
process.stdout.write(JSON.stringify(took));
