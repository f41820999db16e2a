import { expect, test } from '@jest/globals';
import { ServiceError, type Client } from '@temporalio/client';
import { createMuster } from '../../../client/operations/muster.ts';
import { startGateway } from '../support/gateway.ts';

const at = '2026-01-05T09:00:00.000Z';
const event = {
  eventId: 'hr:1',
  kind: 'leaver',
  personId: 'e-1',
  occurredAt: at,
  effectiveAt: at,
  source: 'hr',
} as const;

const unavailable = Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: '', metadata: {} });

test.each<[string, () => Promise<never>]>([
  ['does not respond', () => new Promise(() => undefined)],
  [
    'is away',
    // As the SDK's own client throws it.
    () => Promise.reject(new ServiceError('Failed to signal with start', { cause: unavailable })),
  ],
])('where Temporal %s an event is on record, and the sender does not wait', async (_, signalWithStart) => {
  await using gateway = await startGateway();
  const client = {
    withDeadline: (_deadline: number, work: () => Promise<unknown>) => work(),
    workflow: { signalWithStart },
  } as unknown as Client;
  const muster = createMuster({ client, inventory: gateway.inventory });
  const startedAt = Date.now();
  expect(await muster.submitEvent(event, { timeoutMs: 50 })).toMatchObject({ eventId: 'hr:1', isDelayed: true });
  expect(Date.now() - startedAt).toBeLessThan(5_000);
  expect(await gateway.inventory.findEvent('hr:1')).toMatchObject({ event: { kind: 'leaver', personId: 'e-1' } });
});
