import { expect, test } from '@jest/globals';
import { TooMuchError } from '../../../../domain/errors.ts';
import type { HrEvent } from '../../../../domain/model.ts';
import { eventually } from '../../../support/muster.ts';
import {
  coreGroup,
  enterpriseUser,
  patchBody,
  startScim,
  userBody,
  type Body,
  type TestScim,
} from '../../support/scim.ts';

/** What of a SCIM user is not taken is a refusal on record, whatever the answer was. */

/** Once nothing is owed any more. */
async function refused({ inventory, recorded }: TestScim) {
  await recorded();
  const rows = await inventory.listRefusals({ source: 'idp', way: 'scim', limit: 20, offset: 0 });
  return rows.map(({ kind, externalId, state, times, reason }) => ({ kind, externalId, state, times, reason }));
}

const counted = async ({ metrics }: TestScim): Promise<number> => {
  const { values } = await metrics.refusedItems.get();
  return values.reduce((sum, { value }) => sum + value, 0);
};

const urlOf = ({ body }: { readonly body: Body }) => `/Users/${String(body['id'])}`;
const report = (manager: string): Body => ({ [enterpriseUser]: { manager: { value: manager } } });

test('a user whom no address names is refused once, however often pushed, until there is one', async () => {
  await using scim = await startScim();
  const nameless = userBody('kim', { userName: 'kim', emails: [{ value: 'none', type: 'work' }] });
  const created = await scim.send('POST', '/Users', nameless);
  expect(created).toMatchObject({ status: 201 });
  const open = { kind: 'joiner', externalId: 'kim', state: 'open', times: 1, reason: expect.stringMatching(/^emails/) };
  for (let push = 0; push < 3; push += 1) {
    await scim.send('PUT', urlOf(created), nameless);
    expect(await refused(scim)).toEqual([open]);
  }
  expect(await counted(scim)).toBe(1);
  expect(await scim.inventory.openRefusals()).toMatchObject([{ source: 'idp', way: 'scim', others: 1 }]);
  expect(scim.logged).toEqual([
    expect.objectContaining({ message: 'something of a SCIM user was refused', source: 'idp' }),
  ]);
  await scim.send(
    'PATCH',
    urlOf(created),
    patchBody({ op: 'replace', path: 'emails', value: [{ value: 'kim@example.com' }] }),
  );
  expect(await refused(scim)).toMatchObject([{ externalId: 'kim', state: 'corrected' }]);
  expect((await scim.recorded()).map(({ kind }) => kind)).toEqual(['joiner']);
  const links = await scim.inventory.listEvidence({ limit: 9, offset: 0 });
  expect(links.filter(({ step }) => step === 'corrected')).toMatchObject([{ actor: 'idp' }]);
});

/** All users were pushed two hours ago. */
async function later({ inventory }: TestScim): Promise<void> {
  const lastModifiedAt = new Date(Date.now() - 2 * 3_600_000).toISOString();
  for (const row of await inventory.listScim({ source: 'idp', resourceType: 'User' })) {
    await inventory.writeScim({ ...row, lastModifiedAt }, { from: row.version });
  }
}

test('a manager who has not come after an hour is a refusal, which ends with their arrival', async () => {
  await using scim = await startScim();
  const kim = await scim.send('POST', '/Users', userBody('kim', report('boss')));
  await scim.send('POST', '/Users', userBody('lee', report('head@example.com')));
  expect(await refused(scim)).toEqual([]);
  await later(scim);
  await scim.send('POST', '/Users', userBody('max', report('late')));
  const open = { kind: 'mover', state: 'open', reason: 'manager: nobody is known by this id or e-mail' };
  await eventually('both refusals', async () => (await refused(scim)).length === 2);
  expect(await refused(scim)).toMatchObject([open, open]);
  // What is refused stays so, whatever else is pushed.
  await scim.send('PATCH', urlOf(kim), patchBody({ op: 'replace', path: 'title', value: 'Engineer' }));
  expect(await refused(scim)).toMatchObject([open, open]);
  await scim.send('POST', '/Users', userBody('boss'));
  await scim.send('POST', '/Users', userBody('head'));
  expect(await refused(scim)).toMatchObject([{ state: 'corrected' }, { state: 'corrected' }]);
  await scim.send('POST', '/Users', userBody('eve', report('HEAD@example.com')));
  expect(await refused(scim)).toHaveLength(2);
});

test('a manager who comes after the report, in time, has refused nothing', async () => {
  await using scim = await startScim();
  await scim.send('POST', '/Users', userBody('kim', report('boss')));
  await scim.send('POST', '/Users', userBody('boss'));
  await later(scim);
  await scim.send('POST', '/Users', userBody('lee'));
  expect(await refused(scim)).toEqual([]);
  expect(await counted(scim)).toBe(0);
});

test('a deactivation with a value that cannot be read is taken, and the value refused on record', async () => {
  await using scim = await startScim();
  const created = await scim.send('POST', '/Users', userBody('kim'));
  const ended = userBody('kim', { active: false, name: 'Kim' });
  for (let push = 0; push < 2; push += 1) {
    expect(await scim.send('PUT', urlOf(created), ended)).toMatchObject({ status: push === 0 ? 200 : 400 });
  }
  expect(await refused(scim)).toEqual([
    {
      ...{ kind: 'mover', externalId: 'kim', state: 'open', times: 1 },
      reason: 'name must be an object: only that they leave is taken',
    },
  ]);
  expect((await scim.recorded()).map(({ kind }) => kind)).toEqual(['joiner', 'leaver']);
  await scim.send('PUT', urlOf(created), userBody('kim', { active: false, title: 'x' }));
  expect(await refused(scim)).toMatchObject([{ state: 'corrected' }]);
});

test('groups above the bound are refused by name, and the first ones count', async () => {
  await using scim = await startScim();
  const members = [{ value: 'kim' }];
  for (let index = 0; index < 201; index += 1) {
    const displayName = `group ${String(index).padStart(3, '0')}`;
    await scim.send('POST', '/Groups', { schemas: [coreGroup], displayName, members });
  }
  await scim.send('POST', '/Users', userBody('kim'));
  expect(await refused(scim)).toMatchObject([
    { kind: 'mover', state: 'open', reason: expect.stringContaining('1 more') },
  ]);
  const [open] = await scim.inventory.listRefusals({ state: 'open', limit: 1, offset: 0 });
  expect(await scim.inventory.refusedPayload(open?.refusalId ?? '')).toMatchObject({ groups: ['group 200'] });
}, 60_000);

/** Has the record refuse what is said of these people from now on. */
function refuseBy({ inventory }: TestScim, errorFor: (event: HrEvent) => Error | undefined): void {
  const { inTransaction } = inventory;
  const wrapped: typeof inTransaction = (work) =>
    inTransaction((trx) => {
      const receiveEvent: typeof trx.receiveEvent = (event, at) => {
        const error = errorFor(event);
        return error === undefined ? trx.receiveEvent(event, at) : Promise.reject(error);
      };
      return work({ ...trx, receiveEvent });
    });
  Object.assign(inventory, { inTransaction: wrapped });
}

test('a statement that is above its bound is refused after the answer, and said once it fits', async () => {
  await using scim = await startScim();
  let isLarge = true;
  refuseBy(scim, () =>
    isLarge ? new TooMuchError('kim: too large', { bound: 'statement', retryAfterS: 3_600 }) : undefined,
  );
  const created = await scim.send('POST', '/Users', userBody('kim'));
  expect(created).toMatchObject({ status: 201 });
  expect(await refused(scim)).toMatchObject([{ kind: 'joiner', externalId: 'kim', state: 'open' }]);
  expect(scim.errors).toEqual([]);
  isLarge = false;
  await scim.send('PATCH', urlOf(created), patchBody({ op: 'add', path: 'title', value: 'x' }));
  expect((await scim.recorded()).map(({ kind }) => kind)).toEqual(['joiner']);
  expect(await refused(scim)).toMatchObject([{ state: 'corrected' }]);
});

test('while the minute of one source is full, the leavers and the people of others go on', async () => {
  await using scim = await startScim();
  const { inventory } = scim;
  const other = await scim.as('other');
  const leaver = await other.send('POST', '/Users', userBody('zoe'));
  const asked = new Set<string>();
  refuseBy(scim, ({ source, personId, kind }) => {
    if (source === 'idp') return new TooMuchError('full', { bound: 'source', retryAfterS: 600 });
    // Not in the request: it is the settler that does it.
    const isFirst = !asked.has(`${personId} ${kind}`);
    asked.add(`${personId} ${kind}`);
    return isFirst ? new TooMuchError('later', { bound: 'person', retryAfterS: 1 }) : undefined;
  });
  for (const name of ['ada', 'bob', 'eve']) await scim.send('POST', '/Users', userBody(name));
  await other.send('DELETE', urlOf(leaver));
  await other.send('POST', '/Users', userBody('max'));
  const said = await eventually('the people of the other source', async () => {
    const rows = await inventory.waitingEvents({ limit: 20 });
    return rows.length === 3 && rows.map(({ event }) => `${event.personId} ${event.kind}`);
  });
  expect(said.toSorted()).toEqual(['max joiner', 'zoe joiner', 'zoe leaver']);
  expect(await inventory.owedScim({ limit: 9, offset: 0 })).toHaveLength(3);
  expect(await inventory.listRefusals({ limit: 9, offset: 0 })).toEqual([]);
});

test('a change refused as a whole is counted, and logged once a minute without its contents', async () => {
  await using scim = await startScim();
  for (let push = 0; push < 2; push += 1) {
    const wrong = userBody('kim', { emails: [{ value: 'kim@@example.com' }] });
    expect(await scim.send('POST', '/Users', wrong)).toMatchObject({ status: 400 });
  }
  const { values } = await scim.metrics.refused.get();
  expect(values).toEqual([{ labels: { reason: 'scim' }, value: 2 }]);
  expect(scim.logged).toEqual([
    { message: 'a SCIM request was refused', source: 'idp', method: 'POST', status: 400, scimType: 'invalidValue' },
  ]);
});
