import { openInventory } from '../../inventory/index.ts';
import { at, evidence, finish, joiner } from './samples.ts';

/** A process of its own that writes one SQLite file: `node writer.ts <file> <its name> <how often>`. */
const [file = '', name = '', times = '0'] = process.argv.slice(2);
await using inventory = await openInventory({ file });
for (let index = 0; index < Number(times); index += 1) {
  const eventId = `${name}-${index}`;
  const personId = `shared-${index % 5}`;
  await inventory.receiveEvent(joiner(eventId, { personId }), at(0));
  await inventory.admitEvents(personId, [joiner(eventId, { personId })], at(0));
  await inventory.finishProcess(
    finish({
      personId,
      events: [{ eventId, outcome: { kind: 'completed', parts: [] } }],
      person: { employment: 'employed', attributes: { email: `${eventId}@example.com` } },
      at: at(10),
    }),
  );
  await inventory.appendEvidence(evidence('finish', { eventId, personId }));
}
