import { expect, test } from '@jest/globals';
import type { UserSnapshot } from '../../simulator/controls.ts';
import { accountOf, hrEvent, inPhase, outcomeOf } from '../support/muster.ts';
import { day, hour, onSkippedTime } from '../support/skippedTime.ts';

const organization = { simulator: { people: 20, nhis: 0, seed: 1 } };

/** Not the one whose keys these are. */
const isOrdinary = ({ status, serviceAccount, roles }: UserSnapshot): boolean =>
  status === 'Active' && !serviceAccount && !roles.includes('Datadog Admin Role');

test('an unknown leaver is held, not counted as done, and goes on once an account is theirs', () =>
  onSkippedTime(async (stage) => {
    const { muster, inventory, simulator, now, pass } = stage;
    const stranger = simulator.users().find(isOrdinary);
    const leaver = hrEvent('leaver', 'typo-1', { at: await now(-hour) });
    await muster.submitEvent(leaver);
    const status = await inPhase(stage, 'typo-1', 'held');
    expect(status.blocked?.advice).toMatch(/person link typo-1/);
    expect((await inventory.findEvent(leaver.eventId))?.outcome).toBeUndefined();

    await inventory.bindAccount('typo-1', stranger?.id ?? '', (await now()).toISOString());
    await pass(day + hour);
    expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
    expect(simulator.users().find(({ id }) => id === stranger?.id)?.status).toBe('Disabled');
  }, organization));

test('an unknown leaver is carried out at once where one free account has the e-mail', () =>
  onSkippedTime(async (stage) => {
    const { muster, simulator, now } = stage;
    const known = simulator.users().find(isOrdinary);
    const leaver = hrEvent('leaver', 'new-1', { at: await now(-hour), person: { email: known?.email ?? '' } });
    await muster.submitEvent(leaver);
    expect(await outcomeOf(stage, leaver)).toMatchObject({ kind: 'completed' });
    expect(simulator.users().find(({ id }) => id === known?.id)?.status).toBe('Disabled');
  }, organization));

test('another fact about the person ends the hold: a rehire does not wait behind it', () =>
  onSkippedTime(async (stage) => {
    const { muster, now } = stage;
    await muster.submitEvent(hrEvent('leaver', 'e-9', { at: await now(-2 * hour) }));
    await inPhase(stage, 'e-9', 'held');
    await muster.submitEvent(hrEvent('joiner', 'e-9', { at: await now(-hour) }));
    await inPhase(stage, 'e-9', 'waitingForAcceptance');
    expect(accountOf(stage, 'e-9')?.status).toBe('Pending');
  }));

test("HR's whole record joins, changes, then ends a person: each run tells which it is", () =>
  onSkippedTime(
    async (stage) => {
      const { muster, inventory, now, pass } = stage;
      const updated = async (minutes: number, department: string) =>
        hrEvent('updated', 'e-1', {
          at: await now(minutes * 60_000 - hour),
          person: { email: 'e-1@example.com', department },
        });
      const first = await updated(1, 'Engineering');
      await muster.submitEvent(first);
      await inPhase(stage, 'e-1', 'waitingForAcceptance');
      // Changed in place while nobody has accepted.
      const second = await updated(2, 'Sales');
      await muster.submitEvent(second);
      stage.simulator.accept(accountOf(stage, 'e-1')?.id ?? '');
      await pass(day);
      expect(await outcomeOf(stage, second)).toMatchObject({ kind: 'completed' });
      expect(await outcomeOf(stage, first)).toMatchObject({ kind: 'superseded' });
      expect(accountOf(stage, 'e-1')?.roles).toHaveLength(1);
      const third = await updated(3, 'Engineering');
      await muster.submitEvent(third);
      expect(await outcomeOf(stage, third)).toMatchObject({ kind: 'completed' });
      expect(accountOf(stage, 'e-1')?.roles).toHaveLength(2);
      expect((await inventory.findPerson('e-1'))?.employment).toBe('employed');
    },
    { simulator: { people: 3, nhis: 0 } },
  ));
