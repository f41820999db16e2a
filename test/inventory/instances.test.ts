import { describe, expect, test } from '@jest/globals';
import type { Instance } from '../../domain/instances.ts';
import { openDatabases } from './backends.ts';

const at = (hour: number): string => `2026-06-02T${String(hour).padStart(2, '0')}:00:00.000Z`;
const worker: Instance = {
  ...{ id: 'i-1', kind: 'worker', host: 'host-1', version: '1.0.0', policyHash: 'aaa', mode: 'enforce' },
  ...{ startedAt: at(1), lastSeenAt: at(1), policySince: at(1) },
};

describe.each(await openDatabases())('on $name', ({ makeFixture }) => {
  test('an instance is as it has last reported, and is there until it ends', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.reportInstance({ ...worker, refusal: 'mode is missing' });
    const later = { ...worker, lastSeenAt: at(2), policyHash: 'bbb' };
    await inventory.reportInstance(later);
    const gateway: Instance = { ...worker, id: 'i-2', kind: 'gateway', startedAt: at(2), lastSeenAt: at(2) };
    await inventory.reportInstance(gateway);
    expect(await inventory.listInstances(at(2))).toEqual([later, gateway]);
    await inventory.forgetInstance('i-1');
    expect(await inventory.listInstances(at(0))).toEqual([gateway]);
  });

  test('an instance that is silent is left out, and forgotten after a day', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.reportInstance({ ...worker, id: 'old', lastSeenAt: '2026-06-01T00:59:00.000Z' });
    await inventory.reportInstance({ ...worker, id: 'late', lastSeenAt: '2026-06-01T01:01:00.000Z' });
    expect(await inventory.listInstances(at(0))).toEqual([]);
    await inventory.reportInstance(worker);
    const ids = (await inventory.listInstances('2026-01-01T00:00:00.000Z')).map(({ id }) => id);
    expect(ids).toEqual(['i-1', 'late']);
  });
});
