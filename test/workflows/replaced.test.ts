import { expect, test } from '@jest/globals';
import { recheckSignal } from '../../domain/contracts.ts';
import { accountOf, hrEvent, inPhase, outcomeOf } from '../support/muster.ts';
import { hour, onSkippedTime } from '../support/skippedTime.ts';

test('a contractor who is employed under a new id keeps the account when the old id ends', () =>
  onSkippedTime(async (stage) => {
    const { muster, inventory, simulator, client, now, pass } = stage;
    const person = { email: 'ada@example.com' };
    const contract = hrEvent('joiner', 'c-7', { at: await now(-3 * hour), person });
    await muster.submitEvent(contract);
    await inPhase(stage, 'c-7', 'waitingForAcceptance');
    const accountId = accountOf(stage, 'ada')?.id ?? '';
    simulator.accept(accountId);
    await client.workflow.getHandle('person/c-7').signal('accountActivated', { accountId });
    await outcomeOf(stage, contract);

    const hire = hrEvent('joiner', 'e-20', {
      at: await now(-2 * hour),
      person: { ...person, department: 'Engineering' },
    });
    await muster.submitEvent(hire);
    // As long as nobody says that both are one, the account is somebody else's.
    await inPhase(stage, 'e-20', 'blocked');
    const at = (await now()).toISOString();
    await inventory.inTransaction((trx) => trx.replacePerson({ personId: 'e-20', replaces: 'c-7', at }));
    await client.workflow.getHandle('person/e-20').signal(recheckSignal);
    expect(await outcomeOf(stage, hire)).toMatchObject({ kind: 'completed' });
    expect(await inventory.findPerson('e-20')).toMatchObject({ employment: 'employed', accountId });

    await pass(hour);
    const end = hrEvent('leaver', 'c-7', { at: await now(), person });
    await muster.submitEvent(end);
    expect(await outcomeOf(stage, end)).toMatchObject({ kind: 'nothingToDo' });
    expect(simulator.users().find(({ id }) => id === accountId)).toMatchObject({
      status: 'Active',
      roles: { length: 2 },
    });
  }));
