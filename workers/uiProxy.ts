import { parseArgs } from 'node:util';
import { createNameGuard } from './nameGuard.ts';

// Temporal's interface behind a list of names: `node workers/uiProxy.ts --to http://HOST:PORT --port PORT --name NAME …`.
const { values } = parseArgs({
  options: { to: { type: 'string' }, port: { type: 'string' }, name: { type: 'string', multiple: true } },
});
const { to, port, name: names } = values;
if (to === undefined || port === undefined || names === undefined) {
  process.stderr.write('error: give --to http://HOST:PORT --port PORT --name NAME:PORT\n');
  process.exitCode = 2;
} else {
  const server = createNameGuard({ to: new URL(to), names: names.map((name) => name.toLowerCase()) });
  server.listen(Number(port), '0.0.0.0');
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit());
}
