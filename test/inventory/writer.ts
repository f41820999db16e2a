import { openInventory } from '../support/inventory.ts';
import { evidence, finished, joiner } from './samples.ts';

/** A process of its own that writes one SQLite file: `node writer.ts <file> <its name> <how often>`. */
const [file = '', name = '', times = '0'] = process.argv.slice(2);
await using inventory = await openInventory({ file });
for (let index = 0; index < Number(times); index += 1) {
  const eventId = `${name}-${index}`;
  const personId = `shared-${index % 5}`;
  const person = { email: `${eventId}@example.com` };
  await finished(inventory, [joiner(eventId, { personId, person })], { outcome: { kind: 'completed', parts: [] } });
  await inventory.appendEvidence(evidence('finish', { eventId, personId }));
}
