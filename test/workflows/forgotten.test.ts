import { expect, test } from '@jest/globals';
import { personWorkflowId } from '../../domain/contracts.ts';
import { employ, readAccount } from '../support/employees.ts';
import { eventually, hrEvent, inPhase, outcomeOf } from '../support/muster.ts';
import { hrFirst } from '../support/ranks.ts';
import { useDevServer } from '../support/onDevServer.ts';

const server = useDevServer();
const withinMs = 60_000;

/** So long ago that no signal is under way. */
const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);
const inAMonth = (): string => minutesAgo(-30 * 24 * 60).toISOString();

const sync = (depth: 'light' | 'full') =>
  server.client().workflow.execute('accessSync', {
    workflowId: `sync-${depth}`,
    taskQueue: 'muster',
    args: [{ depth }],
  });

test('a leaver of whom the open run was not told, since Temporal was away, is carried out', async () => {
  await using stage = await server.startMuster();
  const id = await employ(stage, 'f-1');
  await stage.muster.submitEvent(hrEvent('mover', 'f-1', { effectiveAt: inAMonth() }));
  await inPhase(stage, 'f-1', 'scheduled');
  const leaver = hrEvent('leaver', 'f-1');
  await stage.inventory.receiveEvent(leaver, minutesAgo(1).toISOString());
  await sync('light');
  expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
  expect(await readAccount(stage, id)).toMatchObject({ status: 'Disabled', roles: [] });
  expect(stage.notices.filter(({ kind }) => kind === 'leaverDelayed')).toEqual([]);
});

test('a leaver that is late when a sync first sees it is told as late, carried out, and closed', async () => {
  await using stage = await server.startMuster();
  const id = await employ(stage, 'f-2');
  const at = minutesAgo(20);
  const leaver = hrEvent('leaver', 'f-2', { at });
  await stage.inventory.receiveEvent(leaver, at.toISOString());
  await sync('light');
  expect(stage.notices).toContainEqual(expect.objectContaining({ kind: 'leaverDelayed', personId: 'f-2' }));
  expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
  expect(await readAccount(stage, id)).toMatchObject({ status: 'Disabled', roles: [] });
  await eventually('the finding to close', async () => {
    const filter = { kind: 'leaverNotEnded', limit: 9, offset: 0 } as const;
    const found = await stage.inventory.listFindings(filter, new Date().toISOString());
    return found.length === 1 && found.every(({ state }) => state === 'closed');
  });
});

test.each(['light', 'full'] as const)('a %s sync has the events of a terminated run taken up again', async (depth) => {
  await using stage = await server.startMuster();
  const personId = `f-3-${depth}`;
  const mover = hrEvent('mover', personId, { effectiveAt: inAMonth(), source: 'hr' });
  await stage.muster.submitEvent(mover);
  await inPhase(stage, personId, 'scheduled');
  const handle = server.client().workflow.getHandle(personWorkflowId(personId));
  await handle.terminate('by an intruder');
  await stage.inventory.readMailbox(personId, { id: 'the terminated run', at: minutesAgo(1).toISOString() }, hrFirst);
  // The list of runs, which the full depth goes by, is a little late.
  await eventually(
    'another run',
    async () => {
      await sync(depth);
      return (await handle.describe()).status.name === 'RUNNING';
    },
    withinMs,
  );
  expect((await inPhase(stage, personId, 'scheduled')).mailbox).toMatchObject([{ eventId: mover.eventId }]);
});
