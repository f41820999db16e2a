import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseEmail, parsePersonId } from '../../../client/cli/parse.ts';
import { readRoster } from '../../../client/intake/roster/read.ts';
import { checkedEvent } from '../../../client/operations/drafts.ts';
import { joinerBody, post, startGateway, type TestGateway } from '../support/gateway.ts';
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

/** Whether the webhook, SCIM, the roster, the command line and a bare signal take the e-mail. */
async function takers(email: string): Promise<readonly boolean[]> {
  const file = join(folder, 'roster.csv');
  await writeFile(file, `id,email\n7,${email}\n`);
  const scim = await scimClient(gateway);
  const user = userBody('ada', { userName: 'ada', emails: [{ value: email }] });
  const created = await scim.send('POST', '/Users', user);
  if (created.status === 201) await scim.send('DELETE', `/Users/${String(created.body['id'])}`);
  return [
    (await post(gateway, joinerBody('e-1', { email }))).status === 202,
    created.status === 201,
    (await readRoster(file)).rows.length === 1,
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
    expect((await post(gateway, body)).status).toBe(422);
    expect(isTaken(() => parsePersonId(personId))).toBe(false);
    expect(isTaken(() => checkedEvent({ ...event, personId, person: { email: 'ada@example.com' } }))).toBe(false);
  },
);
