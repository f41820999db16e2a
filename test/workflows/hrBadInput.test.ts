import { expect, test } from '@jest/globals';
import { activeAccount, employ, readAccount } from '../support/employees.ts';
import { endOf, startHr } from '../support/hrOverHttp.ts';
import { eventually, inPhase } from '../support/muster.ts';
import { officialClient } from '../support/officialClient.ts';
import { useDevServer } from '../support/onDevServer.ts';

/** What HR sends that is odd, unknown or too much, and what is in Datadog after it. */

const server = useDevServer();
const readOnly = 'Datadog Read Only Role';

test('a person with an odd address has exactly one account, and loses it when they leave', async () => {
  await using hr = await startHr(server);
  const { stage } = hr;
  const official = officialClient(stage.simulator);
  const email = "o'brien+dd_~{x}@example.com";
  // Datadog finds addresses by a part of them.
  await activeAccount(stage.simulator, 'o@example.com');
  await hr.say(1, 'joiner', { personId: 'b1', email, name: "Conan O'Brien", nonsense: { salary: 1 } });
  await inPhase(stage, 'b1', 'waitingForAcceptance');
  const named = async () => (await official.listAllUsers()).filter(({ attributes }) => attributes?.email === email);
  const [account, second] = await named();
  expect(second).toBeUndefined();
  stage.simulator.accept(account?.id ?? '');
  const [left] = await hr.say(2, 'leaver', { personId: 'b1', email });
  expect(await endOf(stage, left)).toMatchObject({ kind: 'completed' });
  expect((await named()).map(({ attributes }) => attributes?.status)).toEqual(['Disabled']);
  expect(JSON.stringify(await stage.inventory.findPerson('b1'))).not.toContain('salary');
});

test('a leaver for an unknown person ends the one free account; otherwise it is held', async () => {
  await using hr = await startHr(server);
  const { stage } = hr;
  const free = await activeAccount(stage.simulator, 'b2-free@example.com');
  const taken = await employ(stage, 'b2-colleague');
  const [moved] = await hr.say(1, 'mover', { personId: 'b2-colleague', title: 'Engineer' });
  await endOf(stage, moved);
  const [first] = await hr.say(2, 'leaver', { personId: 'b2-x', email: 'B2-Free@example.com' });
  const [second] = await hr.say(2, 'leaver', { personId: 'b2-y', email: 'b2-colleague@example.com' });
  const [third] = await hr.say(2, 'leaver', { personId: 'b2-z', email: 'b2-nobody@example.com' });
  expect(await endOf(stage, first)).toMatchObject({ kind: 'completed' });
  expect(await readAccount(stage, free)).toMatchObject({ status: 'Disabled' });
  for (const personId of ['b2-y', 'b2-z']) {
    const { blocked } = await eventually(`${personId} to wait for a person`, async () => {
      const status = await stage.muster.status(personId);
      return status?.blocked === undefined ? undefined : status;
    });
    expect(blocked?.advice).toContain(`person link ${personId}`);
  }
  for (const eventId of [second, third])
    expect((await stage.inventory.findEvent(eventId ?? ''))?.outcome).toBeUndefined();
  expect(await readAccount(stage, taken)).toMatchObject({ status: 'Active', roles: [readOnly] });
});
