import { expect, test } from '@jest/globals';
import { accountOf, hrEvent, inPhase, outcomeOf } from '../support/muster.ts';
import { day, onSkippedTime } from '../support/skippedTime.ts';

const minute = 60_000;

test('the first word of a higher source counts in an open run, though a lower one spoke later', () =>
  onSkippedTime(
    async (stage) => {
      const { muster, simulator, now, client } = stage;
      const joiner = hrEvent('joiner', 'w-1', { at: await now(-day), source: 'okta' });
      await muster.submitEvent(joiner);
      await inPhase(stage, 'w-1', 'waitingForAcceptance');
      const accountId = accountOf(stage, 'w-1')?.id ?? '';
      simulator.accept(accountId);
      await client.workflow.getHandle('person/w-1').signal('accountActivated', { accountId });
      expect(await outcomeOf(stage, joiner)).toMatchObject({ kind: 'completed' });
      // A run that waits for weeks, and knows that the joiner was the newest word.
      const effectiveAt = (await now(20 * day)).toISOString();
      await muster.submitEvent(hrEvent('mover', 'w-1', { at: await now(-minute), effectiveAt, source: 'okta' }));
      await inPhase(stage, 'w-1', 'scheduled');

      const leaver = hrEvent('leaver', 'w-1', { at: await now(-2 * day), source: 'hr' });
      await muster.submitEvent(leaver);
      expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
      expect(accountOf(stage, 'w-1')).toMatchObject({ status: 'Disabled', roles: [] });
    },
    {
      simulator: { people: 3, nhis: 0 },
      policy: (example) => ({ ...example, identity: { ...example.identity, authority: ['hr', 'okta'] } }),
    },
  ));
