import { setTimeout as pass } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { DatadogClient } from '../../datadog/types.ts';
import { activeAccount, employ, readAccount } from '../support/employees.ts';
import { eventually, hrEvent, inPhase, outcomeOf } from '../support/muster.ts';
import { useDevServer } from '../support/onDevServer.ts';

const { startMuster } = useDevServer();

test('being told to look again while it is looking is no failure', async () => {
  let looks = 0;
  let tell: () => Promise<unknown> = async () => undefined;
  const wrapDatadog = (datadog: DatadogClient): DatadogClient => ({
    ...datadog,
    attempt: (options) => {
      const api = datadog.attempt(options);
      const validateKeys: typeof api.validateKeys = async () => {
        looks += 1;
        const answer = await api.validateKeys();
        if (looks > 1) return answer;
        await tell();
        // By now the server has been asked to cancel this very attempt, which finds nothing mended.
        await pass(1_000);
        return answer;
      };
      return { ...api, validateKeys };
    },
  });
  await using stage = await startMuster({ wrapDatadog });
  const accountId = await employ(stage, 'e-1');
  tell = async () => stage.muster.retry('e-1', { reason: 'the key is mended' });
  stage.simulator.keys.revoke('application');
  const leaver = hrEvent('leaver', 'e-1', { immediate: true });
  await stage.muster.submitEvent(leaver);
  await eventually('it to look again', async () => looks >= 2);
  stage.simulator.keys.restore('application');
  await stage.muster.retry('e-1', { reason: 'the key is mended' });
  expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
  expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
});

test('a key revoked while somebody decides whose account it is only delays the process', async () => {
  await using stage = await startMuster();
  const accountId = await activeAccount(stage.simulator, 'e-1@example.com');
  await stage.inventory.bindAccount('e-2', accountId, new Date().toISOString());
  const joiner = hrEvent('joiner', 'e-1');
  await stage.muster.submitEvent(joiner);
  await inPhase(stage, 'e-1', 'blocked');
  stage.simulator.keys.revoke('application');
  const refusalsBefore = stage.simulator.requests.list().length;
  await stage.muster.retry('e-1', { reason: 'have a look' });
  await eventually('it to look', async () => stage.simulator.requests.list().length > refusalsBefore + 1);
  await stage.inventory.unlinkAccount('e-2');
  stage.simulator.keys.restore('application');
  await stage.muster.retry('e-1', { reason: 'the key is mended' });
  expect(await outcomeOf(stage, joiner)).toMatchObject({ kind: 'completed' });
});
