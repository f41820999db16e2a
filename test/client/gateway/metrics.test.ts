import { expect, test } from '@jest/globals';
import { startGateway } from '../support/gateway.ts';
import { hrFirst } from '../../support/ranks.ts';

const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

test('the metrics count leavers whose access has not ended, and people whom nobody has told', async () => {
  await using gateway = await startGateway();
  const { inventory, metrics } = gateway;
  const shown = async () =>
    (await metrics.registry.metrics()).split('\n').filter((line) => /^muster_(leavers|people)/.test(line));
  expect(await shown()).toEqual(['muster_leavers_not_ended 0', 'muster_people_not_told 0']);
  const leaver = { eventId: 'l-1', kind: 'leaver', personId: 'p-1', source: 'hr' } as const;
  await inventory.receiveEvent({ ...leaver, occurredAt: ago(20), effectiveAt: ago(20) }, ago(20));
  expect(await shown()).toEqual(['muster_leavers_not_ended 1', 'muster_people_not_told 1']);
  await inventory.readMailbox('p-1', { id: 'run-1', at: ago(0) }, hrFirst);
  expect(await shown()).toEqual(['muster_leavers_not_ended 1', 'muster_people_not_told 0']);
  await inventory.close();
  expect(await shown()).toEqual(['muster_leavers_not_ended Nan', 'muster_people_not_told Nan']);
});
