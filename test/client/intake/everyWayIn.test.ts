import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseEmail, parsePersonId } from '../../../client/cli/parse.ts';
import { readEvent, settleEvent } from '../../../client/cli/eventInput.ts';
import { refuseUnranked } from '../../../client/intake/identity.ts';
import { planRosterFile } from '../../../client/intake/roster/apply.ts';
import { giveToken } from '../../support/operators.ts';
import { readRoster, settingsOf } from '../../../client/intake/roster/read.ts';
import { checkedEvent } from '../../../client/operations/drafts.ts';
import { joinerBody, post, sign, startGateway, type TestGateway } from '../support/gateway.ts';
import { scimClient, userBody } from '../support/scim.ts';

/** An oddity is judged alike, whichever way it comes in. */

let gateway: TestGateway;
let folder: string;
beforeAll(async () => {
  gateway = await startGateway();
  folder = await mkdtemp(join(tmpdir(), 'muster-ways-'));
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const at = '2026-01-05T09:00:00.000Z';
const event = { eventId: 'x', kind: 'joiner', occurredAt: at, effectiveAt: at, source: 'cli' };
const isTaken = (work: () => unknown): boolean => {
  try {
    work();
    return true;
  } catch {
    return false;
  }
};

async function isTakenByWebhook(body: string): Promise<boolean> {
  const answer = await post(gateway, body, sign(body, { id: `msg-${(messages += 1)}` }));
  const { events, refused } = answer.body as { events: unknown[]; refused: unknown[] };
  expect({ status: answer.status, items: events.length + refused.length }).toEqual({ status: 202, items: 1 });
  return refused.length === 0;
}
let messages = 0;

/** Whether the webhook, SCIM, the roster, the command line and a bare signal take the e-mail. */
async function takers(email: string): Promise<readonly boolean[]> {
  const file = join(folder, 'roster.csv');
  await writeFile(file, `id,email\n7,${email}\n`);
  const scim = await scimClient(gateway);
  const user = userBody('ada', { userName: 'ada', emails: [{ value: email }] });
  const created = await scim.send('POST', '/Users', user);
  if (created.status === 201) await scim.send('DELETE', `/Users/${String(created.body['id'])}`);
  return [
    await isTakenByWebhook(joinerBody('e-1', { email })),
    created.status === 201,
    (await readRoster(file, settingsOf(gateway.policy, 'hr'))).rows.length === 1,
    isTaken(() => parseEmail(email)),
    isTaken(() => checkedEvent({ ...event, personId: 'e-1', person: { email } })),
  ];
}

test.each([
  ['a letter that looks like another', '\u0430da@example.com', false],
  ['an invisible letter', 'ad\u200ba@example.com', false],
  ['a turned direction', 'ada\u202e@example.com', false],
  ['a letter of full width', '\uff41da@example.com', false],
  ['plain letters', 'ada+dd@example.com', true],
  ['an accent', 'jörg@exämple.example', true],
])('an e-mail with %s has the same answer on all ways in', async (_what, email, expected) => {
  expect(await takers(email)).toEqual([expected, expected, expected, expected, expected]);
});

test.each(['-rf', '.', '..', '.hidden', ':1', '_x', 'a/b', ''])(
  'the personId %j is refused by the webhook, the command line and a bare signal',
  async (personId) => {
    const body = joinerBody('e-1').replace('"personId":"e-1"', `"personId":${JSON.stringify(personId)}`);
    expect(await isTakenByWebhook(body)).toBe(false);
    expect(isTaken(() => parsePersonId(personId))).toBe(false);
    expect(isTaken(() => checkedEvent({ ...event, personId, person: { email: 'ada@example.com' } }))).toBe(false);
  },
);

test('a fact of the future is refused by the webhook, a file and whatever is submitted', async () => {
  const future = '2099-01-01T00:00:00.000Z';
  const body = joinerBody('e-1').replace(/"timestamp":"[^"]*"/, `"timestamp":"${future}"`);
  expect(await post(gateway, body)).toMatchObject({
    status: 202,
    body: { events: [], refused: [{ reason: expect.stringMatching(/in the future/) }] },
  });
  const clock = { now: new Date(), newId: () => 'x' };
  const file = { personId: 'e-1', email: 'ada@example.com', occurredAt: future };
  expect(() => readEvent('joiner', {}, file, clock)).toThrow('lies in the future');
  const submitted = { ...event, kind: 'joiner', personId: 'e-1', person: { email: 'ada@example.com' } } as const;
  await expect(gateway.muster.submitEvent({ ...submitted, occurredAt: future })).rejects.toThrow('lies in the future');
});

test('a source without a rank is refused in words by webhook, SCIM, roster and command line', async () => {
  const ranked = 'identity: { authority: [hr] }\n';
  await using strict = await startGateway({ sources: ranked });
  const scim = await scimClient(strict, 'okta');
  const created = await scim.send('POST', '/Users', userBody('ada'));
  expect(created).toMatchObject({ status: 403, body: { detail: expect.stringContaining('okta has no rank') } });
  const { token } = await giveToken(strict, { role: 'intake', source: 'okta' });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'webhook-id': 'm-1' };
  expect(await post(strict, joinerBody('e-1'), headers)).toMatchObject({
    status: 403,
    body: { detail: expect.stringContaining('okta has no rank: add it to identity.authority') },
  });
  const file = join(folder, 'okta.csv');
  await writeFile(file, 'id,email\n7,ada@example.com\n');
  const roster = { path: file, source: 'okta', isComplete: false };
  await expect(planRosterFile(strict.inventory, strict.policy, roster)).rejects.toThrow('okta has no rank');
  const typed = readEvent(
    'joiner',
    { personId: 'e-1', email: 'ada@example.com' },
    { source: 'okta' },
    { now: new Date(), newId: () => 'x' },
  );
  await expect(settleEvent(strict.inventory, typed, () => Promise.resolve(strict.policy))).rejects.toThrow('no rank');
  expect(() => refuseUnranked(strict.policy, 'cli')).toThrow('a name that Muster itself uses');
  expect(strict.signalled).toEqual([]);
});
