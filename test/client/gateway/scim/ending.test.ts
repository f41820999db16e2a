import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { TooMuchError } from '../../../../domain/errors.ts';
import { musterUser, patchBody, startScim, userBody, type Body } from '../../support/scim.ts';

/** Whoever a source deactivates or deletes has left, whatever came between. */

type Step = (url: string) => { readonly method: 'PUT' | 'PATCH' | 'DELETE'; readonly body?: Body };

const patch = (...operations: readonly Body[]) => ({ method: 'PATCH' as const, body: patchBody(...operations) });
const put = (name: string, more: Body) => ({ method: 'PUT' as const, body: userBody(name, more) });
const ways: Readonly<Record<string, (name: string) => ReturnType<Step>>> = {
  'the work e-mail removed': () => patch({ op: 'Remove', path: 'emails[type eq "work"]' }),
  'all e-mails removed': () => patch({ op: 'remove', path: 'emails' }),
  'no e-mails in a list': () => patch({ op: 'replace', path: 'emails', value: [] }),
  'a blank e-mail': () => patch({ op: 'replace', path: 'emails[type eq "work"].value', value: '' }),
  'a user name that is no e-mail': (name) => patch({ op: 'replace', path: 'userName', value: name }),
  'PUT with active: true, without e-mails': (name) => put(name, { userName: name, emails: undefined, active: true }),
  'PUT without active': (name) => put(name, { userName: name, emails: [] }),
  'another e-mail': (name) =>
    patch({ op: 'add', path: 'emails', value: { value: `${name}.new@example.com`, primary: true } }),
  'another title': () => patch({ op: 'add', value: { title: 'Engineer', emails: '' } }),
  'active: false': () => patch({ op: 'replace', path: 'active', value: 'False' }),
  'active: false beside what cannot be read': () =>
    patch(
      { op: 'replace', value: { active: false } },
      { op: 'replace', path: 'badge', value: 7 },
      { op: 'replace', path: 'name', value: 'Kim' },
      { op: 'replace', path: `${musterUser}:leaveDate`, value: 'soon' },
      { op: 'remove', path: 'userName' },
    ),
  'PUT with active: false and an odd e-mail': (name) => put(name, { active: false, emails: 'Kim <kim@example.com>' }),
  'active taken away': () => patch({ op: 'remove', path: 'active' }),
  'active: true': () => patch({ op: 'replace', path: 'active', value: true }),
  DELETE: () => ({ method: 'DELETE' }),
};

function lastWord(steps: readonly string[]): boolean | undefined {
  const last = steps.findLast((step) => /active: (true|false)/.test(step));
  return last === undefined ? undefined : !last.includes('active: false');
}

test('a user who ends inactive or gone has ended in a leaver, whatever came between', async () => {
  await using scim = await startScim();
  let next = 0;
  let ended = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...Object.keys(ways)), { minLength: 1, maxLength: 6 }), async (steps) => {
      next += 1;
      const name = `p${next}`;
      const { body } = await scim.send('POST', '/Users', userBody(name));
      const url = `/Users/${String(body['id'])}`;
      const taken: string[] = [];
      for (const step of steps) {
        const asked = ways[step]?.(name);
        const answer = asked && (await scim.send(asked.method, url, asked.body));
        if (answer !== undefined && answer.status < 400) taken.push(step);
      }
      const user = await scim.send('GET', url);
      const said = (await scim.recorded()).filter(({ personId }) => personId === name);
      // A word that was taken away changes nothing.
      const isOver = user.status === 404 || lastWord(taken) === false;
      const words = said.map(({ kind }) => kind).filter((kind) => kind !== 'mover');
      // One word after the other: nobody is ended twice, or hired twice.
      expect(words).toEqual(words.map((_, index) => (index % 2 === 0 ? 'joiner' : 'leaver')));
      expect({ steps, last: words.at(-1) }).toEqual({ steps, last: isOver ? 'leaver' : 'joiner' });
      if (isOver) ended += 1;
    }),
    { numRuns: 80 },
  );
  expect(ended).toBeGreaterThan(10);
  expect(scim.errors).toEqual([]);
}, 120_000);

test('a leaver that the intake does not take now is owed: 204, and on record once there is room', async () => {
  await using scim = await startScim();
  const users = await Promise.all(['kim', 'lee'].map((name) => scim.send('POST', '/Users', userBody(name))));
  const [kim, lee] = users.map(({ body }) => `/Users/${String(body['id'])}`) as [string, string];
  const { inTransaction } = scim.inventory;
  let isFull = true;
  const full = () => Promise.reject(new TooMuchError('too many', { bound: 'person', retryAfterS: 60 }));
  const fully: typeof inTransaction = (work) =>
    inTransaction((trx) => work(isFull ? { ...trx, receiveEvent: full } : trx));
  Object.assign(scim.inventory, { inTransaction: fully });
  expect(await scim.send('DELETE', kim)).toMatchObject({ status: 204 });
  expect(await scim.send('GET', kim)).toMatchObject({ status: 404 });
  const ended = await scim.send('PATCH', lee, patchBody({ op: 'replace', path: 'active', value: false }));
  expect(ended).toMatchObject({ status: 200, body: { active: false } });
  // The name is free again at once.
  expect(await scim.send('POST', '/Users', userBody('kim', { externalId: 'kim2' }))).toMatchObject({ status: 201 });
  expect(await scim.inventory.owedScim({ limit: 9, offset: 0 })).toHaveLength(3);
  isFull = false;
  await scim.send('PATCH', lee, patchBody({ op: 'replace', path: 'title', value: 'x' }));
  const said = (await scim.recorded()).map(({ kind, personId }) => `${personId} ${kind}`);
  expect(said.toSorted()).toEqual(['kim joiner', 'kim leaver', 'kim2 joiner', 'lee joiner', 'lee leaver']);
});

test('who is known from another source and is pushed inactive at first is a leaver', async () => {
  await using scim = await startScim();
  const at = new Date(Date.now() - 60_000).toISOString();
  const hire = {
    eventId: 'x',
    kind: 'joiner',
    personId: 'e-1',
    source: 'hr',
    occurredAt: at,
    effectiveAt: at,
  } as const;
  await scim.muster.submitEvent({ ...hire, person: { email: 'kim@example.com' } });
  await scim.inventory.bindAlias({ source: 'idp', externalId: 'e-1' }, { newId: 'e-1', at });
  await scim.send('POST', '/Users', userBody('e-1', { active: false }));
  await scim.send('POST', '/Users', userBody('new', { active: false }));
  expect((await scim.recorded()).map(({ kind, personId }) => [kind, personId])).toEqual([
    ['joiner', 'e-1'],
    ['leaver', 'e-1'],
  ]);
});

test('an end is taken although the name is somebody else’s, and the old one stays', async () => {
  await using scim = await startScim();
  const { body } = await scim.send('POST', '/Users', userBody('kim'));
  await scim.send('POST', '/Users', userBody('lee'));
  const url = `/Users/${String(body['id'])}`;
  const other = { userName: 'lee@example.com', externalId: 'kim' };
  expect(await scim.send('PUT', url, userBody('kim', other))).toMatchObject({ status: 409 });
  const ended = await scim.send('PUT', url, userBody('kim', { ...other, active: false }));
  expect(ended).toMatchObject({ status: 200, body: { active: false, userName: 'kim@example.com' } });
  expect((await scim.recorded()).at(-1)).toMatchObject({ kind: 'leaver', personId: 'kim' });
});

test('who is created again before the end of the deleted user is on record stays', async () => {
  await using scim = await startScim();
  const { body } = await scim.send('POST', '/Users', userBody('kim'));
  const key = { source: 'idp', id: String(body['id']) };
  await scim.inventory.buryScim(key);
  expect(await scim.send('POST', '/Users', userBody('kim'))).toMatchObject({ status: 201 });
  const said = await scim.recorded();
  expect(said.map(({ kind, personId }) => [kind, personId])).toEqual([
    ['joiner', 'kim'],
    ['joiner', 'kim'],
  ]);
  expect(await scim.inventory.findOwedScim(key)).toBeUndefined();
});
