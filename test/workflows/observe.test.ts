import { expect, test } from '@jest/globals';
import { hrEvent, outcomeOf } from '../support/muster.ts';
import { onSkippedTime } from '../support/skippedTime.ts';

test('a policy that observes plans a joiner and a leaver, and writes nothing to Datadog', async () => {
  await onSkippedTime(
    async (stage) => {
      const writes = () => stage.simulator.requests.list().filter(({ method }) => method !== 'GET');
      const joiner = hrEvent('joiner', 'e-1', { at: await stage.now(), person: { department: 'SRE' } });
      await stage.muster.submitEvent(joiner);
      const planned = await outcomeOf(stage, joiner);
      expect(planned.kind).toBe('observed');
      expect(planned.parts.map(({ part }) => part)).toEqual(
        expect.arrayContaining([
          'create account',
          'assign role Datadog Read Only Role',
          'ask approval for role Datadog Admin Role',
        ]),
      );
      const leaver = hrEvent('leaver', 'e-2', {
        at: await stage.now(1_000),
        immediate: true,
        person: { email: 'admin@example.com' },
      });
      await stage.muster.submitEvent(leaver);
      const leaving = await outcomeOf(stage, leaver);
      expect(leaving.parts.map(({ part }) => part)).toEqual(['disable account', 'remove role Datadog Admin Role']);
      expect(writes()).toEqual([]);
    },
    { policy: (example) => ({ ...example, mode: 'observe' }) },
  );
});
