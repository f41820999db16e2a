import { expect } from '@jest/globals';
import { employ, readAccount } from '../../support/employees.ts';
import type { Story } from '../../support/killedWorker.ts';
import { readOnly, standard } from './names.ts';

const day = 24 * 3_600_000;
const inTime = (ms: number): string => new Date(Date.now() + ms).toISOString();
const actionsOf = (links: readonly { readonly action: string }[], pattern: RegExp) =>
  links.flatMap(({ action }) => (pattern.test(action) ? [action] : []));

/** When access begins and ends. */
export const leaveStories: Readonly<Record<string, Story>> = {
  async 'a leaver recorded in January ends what a mover of February began'(stage, worker) {
    const accountId = await employ(stage, 'january', { person: { department: 'Sales' } });
    stage.gate.hold({ subject: accountId, method: 'POST', path: /\/roles\//, when: 'after' });
    const person = { department: 'Engineering' };
    const mover = await stage.submit('mover', 'january', { at: new Date('2026-02-10T09:00:00Z'), person });
    await stage.caught(accountId);
    await worker.killed();
    const leaver = await stage.submit('leaver', 'january', { at: new Date('2026-01-10T09:00:00Z') });
    await worker.restarted();
    expect((await stage.outcome(leaver)).kind).toBe('completed');
    expect((await stage.outcome(mover)).kind).toBe('nothingToDo');
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
    const { employment, attributes } = (await stage.inventory.findPerson('january')) ?? {};
    expect({ employment, department: attributes?.department }).toEqual({ employment: 'left', ...person });
    const written = actionsOf(await stage.evidence('january'), /role$|^disable/);
    expect(written.toSorted()).toEqual(['assign role', 'disable account', 'remove role', 'remove role']);
  },

  async 'a leave rescinded before its hour never happens, though no worker lives until after it'(stage, worker) {
    const accountId = await employ(stage, 'rescinded-before');
    const first = await stage.submit('leaver', 'rescinded-before', { effectiveAt: inTime(day) });
    await stage.phase('rescinded-before', 'scheduled');
    await worker.killed();
    const hour = Date.now() + 2_000;
    const effectiveAt = new Date(hour).toISOString();
    const second = await stage.submit('leaver', 'rescinded-before', { effectiveAt });
    const rescinded = await stage.submit('leaverRescinded', 'rescinded-before', { at: new Date(hour - 1_000) });
    await stage.wait('the hour of the leave', () => Date.now() > hour);
    await worker.restarted();
    expect((await stage.outcome(rescinded)).kind).toBe('completed');
    for (const leaver of [first, second]) expect((await stage.outcome(leaver)).kind).toBe('superseded');
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [readOnly] });
    expect(actionsOf(await stage.evidence('rescinded-before'), /^disable|^remove/)).toEqual([]);
  },

  async 'a leave that is rescinded after its hour is a return'(stage, worker) {
    const accountId = await employ(stage, 'rescinded-after');
    stage.gate.hold({ subject: accountId, method: 'DELETE', path: /\/users\//, when: 'after' });
    const leaver = await stage.submit('leaver', 'rescinded-after');
    await stage.caught(accountId);
    await worker.killed();
    const rescinded = await stage.submit('leaverRescinded', 'rescinded-after');
    await worker.restarted();
    expect((await stage.outcome(leaver)).kind).toBe('completed');
    expect((await stage.outcome(rescinded)).kind).toBe('completed');
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [readOnly] });
    const written = actionsOf(await stage.evidence('rescinded-after'), /role$|account$/);
    expect(written.filter((action) => action !== 'update account')).toEqual([
      ...['disable account', 'remove role', 'enable account', 'assign role'],
    ]);
  },

  async 'whom security disabled is joined again once somebody allows it, emptied first'(stage, worker) {
    const accountId = await employ(stage, 'disabled', { role: standard });
    stage.simulator.disable(accountId);
    stage.gate.hold({ subject: accountId, method: 'DELETE', path: /\/roles\//, when: 'after' });
    const joiner = await stage.submit('joiner', 'disabled', { person: { department: 'Sales' } });
    expect(await stage.asked('disabled')).toMatchObject({ act: expect.stringContaining('somebody else has disabled') });
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [standard] });
    await stage.approve('disabled', await stage.tokenOf('lead'));
    await stage.caught(accountId);
    await worker.killed();
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Disabled', roles: [] });
    await worker.restarted();
    expect((await stage.outcome(joiner)).kind).toBe('completed');
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [readOnly] });
    const links = (await stage.evidence('disabled')).filter(({ action }) => /role$|^enable/.test(action));
    expect(links).toMatchObject([
      { action: 'remove role' },
      { action: 'enable account', actor: 'lead' },
      { action: 'assign role' },
    ]);
  },

  async 'who accepts before the first day has nothing until then'(stage, worker) {
    const joiner = await stage.submit('joiner', 'early', { effectiveAt: inTime(day) });
    await stage.phase('early', 'waitingForAcceptance');
    const accountId = await stage.accept('early');
    await stage.phase('early', 'scheduled');
    await worker.killed();
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [] });
    const firstDay = Date.now() + 15_000;
    const sooner = await stage.submit('joiner', 'early', { effectiveAt: new Date(firstDay).toISOString() });
    await worker.restarted();
    expect((await stage.outcome(sooner)).kind).toBe('completed');
    expect((await stage.outcome(joiner)).kind).toBe('superseded');
    expect(await readAccount(stage, accountId)).toMatchObject({ status: 'Active', roles: [readOnly] });
    const given = stage.gate.requests
      .list()
      .filter(({ method, path, body }) => method === 'POST' && path.includes('/roles/') && body.includes(accountId));
    expect(given.map(({ atMs }) => atMs >= firstDay)).toEqual([true]);
  },
};
