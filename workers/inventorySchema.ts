import { parseArgs } from 'node:util';
import { readConfig } from '../config/config.ts';
import { prepareInventory } from '../inventory/index.ts';
import { UsageError } from '../domain/errors.ts';

// The step before worker and gateway start, as the owner of the database: it brings the inventory to this version, and gives
// the roles of both what they need: `node workers/inventorySchema.ts --worker ROLE --gateway ROLE`.
try {
  const { values } = parseArgs({ options: { worker: { type: 'string' }, gateway: { type: 'string' } } });
  const { worker, gateway } = values;
  if (worker === undefined || gateway === undefined) throw new UsageError('give --worker ROLE and --gateway ROLE');
  const { inventory } = await readConfig();
  await prepareInventory(inventory, { worker, gateway });
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
