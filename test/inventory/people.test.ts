import { describe, expect, test } from '@jest/globals';
import { hrFirst } from '../support/ranks.ts';
import type { OutcomeKind } from '../../domain/model.ts';
import { openDatabases } from './backends.ts';
import { account, adopt, approval, at, completed, evidence, finish, finished, grant, joiner } from './samples.ts';

describe.each(await openDatabases())('on $name', ({ makeFixture }) => {
  test('an event is received once; another content under its id changes nothing', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    expect(await inventory.receiveEvent(joiner('e-1'), at(0))).toBe('new');
    expect(await inventory.receiveEvent(joiner('e-1'), at(1))).toBe('known');
    expect(await inventory.receiveEvent(joiner('e-1', { kind: 'leaver', reason: 'forged' }), at(2))).toBe('known');
    expect(await inventory.findEvent('e-1')).toEqual({ event: joiner('e-1'), receivedAt: at(0) });
    expect(await inventory.findEvent('e-2')).toBeUndefined();
  });

  test('one of two that receive the same event at once is the first', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const results = await Promise.all(Array.from({ length: 8 }, () => inventory.receiveEvent(joiner('e-1'), at(0))));
    expect(results.toSorted()).toEqual([...Array.from({ length: 7 }, () => 'known'), 'new']);
  });

  test('a mailbox holds what waits, without a word of the person, and notes the run that reads it', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.receiveEvent(joiner('e-1'), at(0));
    await inventory.receiveEvent(joiner('e-2', { kind: 'leaver', person: undefined, reason: 'Ada leaves' }), at(1));
    expect(await inventory.peopleNotTakenUp({ receivedBefore: at(9), limit: 9 })).toEqual([
      { eventId: 'e-1', personId: 'p-1', kind: 'joiner' },
    ]);
    const mailbox = await inventory.readMailbox('p-1', { id: 'run-1', at: at(5) }, hrFirst);
    const dates = { occurredAt: at(0), effectiveAt: at(0), source: 'hr' };
    expect(mailbox).toEqual({
      person: { employment: 'unknown', lines: {}, isKnown: true },
      events: [
        { eventId: 'e-1', kind: 'joiner', ...dates, isTelling: true },
        { eventId: 'e-2', kind: 'leaver', ...dates },
      ],
    });
    await inventory.readMailbox('p-1', { id: 'run-1', at: at(6) }, hrFirst);
    expect(await inventory.findEvent('e-1')).toMatchObject({ takenUpBy: 'run-1', takenUpAt: at(5) });
    await inventory.readMailbox('p-1', { id: 'run-2', at: at(7) }, hrFirst);
    expect(await inventory.findEvent('e-1')).toMatchObject({ takenUpBy: 'run-2', takenUpAt: at(7) });
    expect(await inventory.peopleNotTakenUp({ receivedBefore: at(9), limit: 9 })).toEqual([]);
    await inventory.finishProcess(finish(), hrFirst);
    const { events, person } = await inventory.readMailbox('p-1', { id: 'run-2', at: at(11) }, hrFirst);
    expect([events.map(({ eventId }) => eventId), person.employment]).toEqual([['e-2'], 'employed']);
  });

  test('an event is withdrawn while it waits, and its end says by whom', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const withdraw = (withdrawal: { actor: string; reason: string; at: string } | undefined) =>
      inventory.inTransaction((trx) => trx.withdrawEvent('p-1', 'e-1', withdrawal));
    await inventory.receiveEvent(joiner('e-1'), at(0));
    await withdraw({ actor: 'it@example.com', reason: 'a mistake', at: at(1) });
    const run = { id: 'run-1', at: at(2) };
    expect((await inventory.readMailbox('p-1', run, hrFirst)).events).toMatchObject([
      { eventId: 'e-1', isWithdrawn: true },
    ]);
    await withdraw(undefined);
    expect((await inventory.readMailbox('p-1', run, hrFirst)).events[0]).not.toHaveProperty('isWithdrawn');
    await withdraw({ actor: 'it@example.com', reason: 'a mistake', at: at(3) });
    const cancelled = { kind: 'cancelled', detail: 'withdrawn', parts: [] } as const;
    await inventory.inTransaction((trx) => trx.endEvents('p-1', [{ eventId: 'e-1', outcome: cancelled }], at(4)));
    expect((await inventory.findEvent('e-1'))?.outcome?.detail).toBe('withdrawn by it@example.com: a mistake');
  });

  test('HR’s record takes the place of an event that said an id only', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const asked = joiner('e-1', { kind: 'updated', person: undefined, fetchId: '7' });
    await inventory.receiveEvent(asked, at(0));
    const run = { id: 'run-1', at: at(2) };
    expect(await inventory.readMailbox('p-1', run, hrFirst)).toMatchObject({
      person: { isKnown: false },
      events: [{ isToFetch: true }],
    });
    const found = [joiner('e-1', { kind: 'updated' }), joiner('e-1:leave', { kind: 'leaver' })];
    for (let time = 0; time < 2; time += 1) await inventory.recordFetched('p-1', 'e-1', found, at(3));
    const { person, events } = await inventory.readMailbox('p-1', run, hrFirst);
    expect(person.isKnown).toBe(true);
    expect(events.map(({ eventId, isToFetch }) => [eventId, isToFetch])).toEqual([
      ['e-1', undefined],
      ['e-1:leave', undefined],
    ]);
  });

  test('waiting events are those not applied, the oldest first', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.receiveEvent(joiner('e-3', { personId: 'p-2' }), at(3));
    await inventory.receiveEvent(joiner('e-2'), at(2));
    await inventory.receiveEvent(joiner('e-1'), at(1));
    const ids = async (filter: { personId?: string; receivedBefore?: string; limit?: number }) =>
      (await inventory.waitingEvents({ limit: 10, ...filter })).map(({ event }) => event.eventId);
    expect(await ids({})).toEqual(['e-1', 'e-2', 'e-3']);
    expect(await ids({ limit: 2 })).toEqual(['e-1', 'e-2']);
    expect(await ids({ personId: 'p-2' })).toEqual(['e-3']);
    expect(await ids({ receivedBefore: at(3) })).toEqual(['e-1', 'e-2']);
    await inventory.finishProcess(finish(), hrFirst);
    expect(await ids({})).toEqual(['e-2', 'e-3']);
  });

  test('the end of a process writes outcome, lines and person, and twice is once', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.receiveEvent(joiner('e-1'), at(0));
    await inventory.recordProgress({ personId: 'p-1', process: 'onboarding', phase: 'preparing', at: at(5) });
    for (let time = 0; time < 2; time += 1) {
      await inventory.finishProcess(finish(), hrFirst);
      expect(await inventory.findEvent('e-1')).toEqual({
        event: joiner('e-1'),
        receivedAt: at(0),
        appliedAt: at(10),
        outcome: completed,
      });
      expect(await inventory.listPeople({ limit: 10, offset: 0 })).toEqual([
        {
          personId: 'p-1',
          attributes: { email: 'Ada@example.com', name: 'Ada', extra: { location: 'Rome' } },
          previousEmails: [],
          employment: 'employed',
          lines: {
            employment: { occurredAt: at(0), eventId: 'e-1' },
            attributes: { occurredAt: at(0), eventId: 'e-1' },
          },
        },
      ]);
    }
  });

  test('an outcome that is there is never overwritten', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await inventory.receiveEvent(joiner('e-1'), at(0));
    await inventory.finishProcess(finish(), hrFirst);
    await inventory.finishProcess(
      finish({ events: [{ eventId: 'e-1', outcome: { kind: 'failed', parts: [] } }], at: at(20) }),
      hrFirst,
    );
    expect(await inventory.findEvent('e-1')).toMatchObject({ appliedAt: at(10), outcome: { kind: 'completed' } });
  });

  test('lines only move forward, and an outcome says nothing of a person whose line went on', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const hire = joiner('e-4', { occurredAt: at(4) });
    const leave = joiner('e-5', { kind: 'leaver', occurredAt: at(5), person: undefined });
    await inventory.receiveEvent(hire, at(4));
    await finished(inventory, [leave], { employment: 'left', process: 'offboarding' });
    await finished(inventory, [hire], { at: at(20) });
    expect(await inventory.findPerson('p-1')).toMatchObject({
      employment: 'left',
      lines: { employment: { occurredAt: at(5), eventId: 'e-5' }, attributes: { eventId: 'e-4' } },
    });
  });

  test('an event without a word on employment makes nobody return or leave', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await finished(inventory, [joiner('e-5', { kind: 'leaver' })], { employment: 'left', process: 'offboarding' });
    await finished(inventory, [joiner('m-1', { kind: 'mover', occurredAt: at(9) })], { at: at(20) });
    expect((await inventory.findPerson('p-1'))?.employment).toBe('left');
    await finished(inventory, [joiner('e-6', { occurredAt: at(10) })], { at: at(30) });
    await finished(inventory, [joiner('m-2', { kind: 'mover', occurredAt: at(11) })], {
      employment: 'left',
      at: at(40),
    });
    expect((await inventory.findPerson('p-1'))?.employment).toBe('employed');
  });

  test('a process that comes to an end again changes nothing', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await finished(inventory);
    await finished(inventory, [joiner('e-2', { kind: 'leaver', occurredAt: at(1) })], {
      employment: 'left',
      at: at(30),
    });
    await inventory.finishProcess(finish({ at: at(40) }), hrFirst);
    expect(await inventory.findPerson('p-1')).toMatchObject({ employment: 'left' });
  });

  test('a previous e-mail is remembered once, and finds the person in any case of letters', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const named = (email: string, minute: number) =>
      finished(inventory, [joiner(`e-${minute}`, { occurredAt: at(minute), person: { email } })], { at: at(minute) });
    await named('Ada@example.com', 10);
    await named('ADA@example.com', 11);
    expect((await inventory.findPerson('p-1'))?.previousEmails).toEqual([]);
    await named('Lovelace@example.com', 12);
    await named('ada@example.com', 13);
    await named('lovelace@example.com', 14);
    expect((await inventory.findPerson('p-1'))?.previousEmails).toEqual(['ada@example.com', 'lovelace@example.com']);
    for (const email of ['aDa@example.com', 'LOVELACE@example.com']) {
      expect((await inventory.findPeopleByEmail(email)).map(({ personId }) => personId)).toEqual(['p-1']);
    }
    expect(await inventory.findPeopleByEmail('da@example.com')).toEqual([]);
  });

  test('an e-mail replaced before it was on record was the person’s too, unless it was withdrawn', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const said = (minute: number, email: string) =>
      inventory.receiveEvent(joiner(`e-${minute}`, { occurredAt: at(minute), person: { email } }), at(0));
    await said(1, 'First@example.com');
    await said(2, 'second@example.com');
    await said(4, 'Ada@example.com');
    await said(3, 'mistake@example.com');
    const ended = (kind: OutcomeKind) => ({ kind, parts: [] });
    const events = [
      { eventId: 'e-1', outcome: ended('superseded') },
      { eventId: 'e-2', outcome: ended('completed') },
      { eventId: 'e-3', outcome: ended('cancelled') },
      { eventId: 'e-4', outcome: ended('completed') },
    ];
    await inventory.finishProcess(finish({ events, carriedOut: { eventId: 'e-4', employment: 'employed' } }), hrFirst);
    expect(await inventory.findPerson('p-1')).toMatchObject({
      attributes: { email: 'Ada@example.com' },
      previousEmails: ['first@example.com', 'second@example.com'],
    });
  });

  test('an account belongs to one person', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    expect(await inventory.bindAccount('p-1', 'a-1', at(0))).toEqual({});
    expect(await inventory.bindAccount('p-1', 'a-1', at(1))).toEqual({});
    expect(await inventory.bindAccount('p-2', 'a-1', at(2))).toEqual({ conflict: 'p-1' });
    expect(await inventory.personBoundTo('a-1')).toBe('p-1');
    expect(await inventory.findPerson('p-2')).toBeUndefined();
    expect((await inventory.findPerson('p-1'))?.accountId).toBe('a-1');
  });

  test('one of many that bind an account at once wins', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, index) => inventory.bindAccount(`p-${index}`, 'a-1', at(0))),
    );
    const winner = await inventory.personBoundTo('a-1');
    expect(results.filter(({ conflict }) => conflict === undefined)).toHaveLength(1);
    expect(results.filter(({ conflict }) => conflict === winner)).toHaveLength(7);
  });

  test('progress shows in lists until the process ends; what comes late does not', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const waiting = {
      personId: 'p-1',
      process: 'onboarding',
      phase: 'waitingForAcceptance',
      waitingFor: 'the person',
      until: at(40),
    } as const;
    await inventory.recordProgress({ ...waiting, at: at(5) });
    await inventory.recordProgress({ personId: 'p-1', process: 'onboarding', phase: 'preparing', at: at(4) });
    expect(await inventory.listPeople({ limit: 1, offset: 0 })).toMatchObject([waiting]);
    await finished(inventory);
    await inventory.recordProgress({ ...waiting, at: at(5) });
    expect((await inventory.listPeople({ limit: 1, offset: 0 }))[0]).not.toHaveProperty('phase');
  });

  test('the last error shows in lists with the phase that is, until nothing is retried', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const trouble = { personId: 'p-1', process: 'onboarding', lastError: 'a 502', at: at(5) } as const;
    const shown = async () => {
      const [row] = await inventory.listPeople({ limit: 1, offset: 0 });
      return [row?.phase, row?.waitingFor, row?.lastError];
    };
    await inventory.recordTrouble({ ...trouble, phase: undefined });
    expect(await shown()).toEqual(['preparing', undefined, 'a 502']);
    const waiting = { personId: 'p-1', process: 'onboarding', waitingFor: 'the person', at: at(6) } as const;
    await inventory.recordProgress({ ...waiting, phase: 'waitingForAcceptance' });
    expect(await shown()).toEqual(['waitingForAcceptance', 'the person', undefined]);
    await inventory.recordTrouble({ ...trouble, phase: undefined });
    expect(await shown()).toEqual(['waitingForAcceptance', 'the person', 'a 502']);
    await inventory.clearTrouble('p-1');
    expect(await shown()).toEqual(['waitingForAcceptance', 'the person', undefined]);
    await inventory.recordTrouble({ ...trouble, phase: 'changing' });
    expect(await shown()).toEqual(['changing', undefined, 'a 502']);
    await inventory.recordProgress({ ...waiting, phase: 'blocked' });
    await inventory.recordTrouble({ ...trouble, phase: 'changing' });
    expect(await shown()).toEqual(['blocked', 'the person', 'a 502']);
    await finished(inventory);
    await inventory.recordTrouble({ ...trouble, phase: undefined });
    expect(await shown()).toEqual([undefined, undefined, undefined]);
  });

  test('people are listed by employment, page by page, with the state of their account', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const attributes = { email: 'ada@example.com' };
    for (const personId of ['p-3', 'P-1', 'p-2']) {
      await adopt(inventory, { personId, employment: 'employed', attributes });
    }
    await adopt(inventory, { personId: 'p-4', employment: 'left', attributes });
    await inventory.bindAccount('p-2', 'a-2', at(12));
    await inventory.writeAccounts({ scanId: 's', accounts: [account('a-2', { status: 'disabled' })], seenAt: at(12) });
    const ids = async (filter: { employment?: string; limit: number; offset: number }) =>
      (await inventory.listPeople(filter)).map(({ personId, accountStatus }) => [personId, accountStatus]);
    expect(await ids({ limit: 2, offset: 0 })).toEqual([
      ['P-1', undefined],
      ['p-2', 'disabled'],
    ]);
    expect(await ids({ limit: 2, offset: 2 })).toEqual([
      ['p-3', undefined],
      ['p-4', undefined],
    ]);
    expect(await ids({ employment: 'left', limit: 9, offset: 0 })).toEqual([['p-4', undefined]]);
  });

  test('an invitation is pending until it is cleared or its onboarding completes', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const invitation = { personId: 'p-1', accountId: 'a-1', invitationId: 'i-1', sentAt: at(1), expiresAt: at(50) };
    await inventory.recordInvitation(invitation);
    await inventory.recordInvitation(invitation);
    await inventory.recordInvitation({ personId: 'p-2', accountId: 'a-2' });
    expect(await inventory.listPending()).toEqual([invitation, { personId: 'p-2', accountId: 'a-2' }]);
    await inventory.clearPending('p-2');
    await inventory.clearPending('p-2');
    const notAccepted = { kind: 'notAccepted', parts: [] } as const;
    await finished(inventory, [joiner('e-1')], { outcome: notAccepted });
    expect(await inventory.listPending()).toEqual([invitation]);
    await finished(inventory, [joiner('e-2')], { at: at(20) });
    expect(await inventory.listPending()).toEqual([]);
  });

  test('a first login is awaited under the newest e-mail until onboarding completes or they leave', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const awaited = async () => (await inventory.listAwaitedLogins()).map(({ personId, email }) => [personId, email]);
    await inventory.awaitLogin('p-1', 'Ada@Example.com', at(1));
    await inventory.awaitLogin('p-2', 'bob@example.com', at(2));
    await inventory.noteLookedForLogins(['p-1'], at(5));
    await inventory.awaitLogin('p-1', 'ada@example.com', at(6));
    expect(await inventory.listAwaitedLogins()).toEqual([
      { personId: 'p-2', email: 'bob@example.com', since: at(2), lookedAt: at(2) },
      { personId: 'p-1', email: 'ada@example.com', since: at(1), lookedAt: at(5) },
    ]);
    await inventory.awaitLogin('p-2', 'bob.oak@example.com', at(7));
    expect(await inventory.listAwaitedLogins('p-2')).toMatchObject([{ email: 'bob.oak@example.com', since: at(7) }]);
    const notAccepted = { kind: 'notAccepted', parts: [] } as const;
    await finished(inventory, [joiner('e-1')], { outcome: notAccepted });
    expect(await awaited()).toHaveLength(2);
    await finished(inventory, [joiner('e-2')], { at: at(20) });
    expect(await awaited()).toEqual([['p-2', 'bob.oak@example.com']]);
    const leaver = joiner('e-3', { personId: 'p-2', kind: 'leaver' });
    await finished(inventory, [leaver], { process: 'offboarding', employment: 'left', at: at(30) });
    expect(await awaited()).toEqual([]);
  });

  test('the history of a person holds everything; somebody unknown has none', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    expect(await inventory.personHistory('p-1')).toBeUndefined();
    await inventory.receiveEvent(joiner('e-1'), at(0));
    expect(await inventory.personHistory('p-1')).toMatchObject({ person: { employment: 'unknown' }, grants: [] });
    await inventory.finishProcess(finish(), hrFirst);
    await inventory.bindAccount('p-1', 'a-1', at(1));
    await inventory.writeAccounts({ scanId: 's', accounts: [account('a-1')], seenAt: at(2) });
    await inventory.openGrant(grant());
    await inventory.openApproval(approval());
    await inventory.appendEvidence(evidence('assignRole:r-1'));
    expect(await inventory.personHistory('p-1')).toMatchObject({
      person: { personId: 'p-1', employment: 'employed', accountStatus: 'active' },
      account: { id: 'a-1', personId: 'p-1' },
      events: [{ event: { eventId: 'e-1' }, outcome: completed }],
      grants: [grant()],
      approvals: [approval()],
      evidence: [{ seq: 1, step: 'assignRole:r-1' }],
    });
  });
});
