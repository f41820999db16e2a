import { expect, test } from '@jest/globals';
import { TooMuchError } from '../../../domain/errors.ts';
import { joinerBody, post, sign, startGateway } from '../support/gateway.ts';
import { scimClient, userBody } from '../support/scim.ts';

const sources = `  - name: payroll
    verify: standardWebhooks
    map: { items: /employees, type: /event, types: { changed: mover }, fields: { personId: /id, email: /mail } }
`;

test('of one delivery the person above a bound is left out with 429, and the others are taken', async () => {
  const secret = `whsec_${Buffer.from('the secret of the other source').toString('base64')}`;
  await using gateway = await startGateway({ sources, secrets: { payroll: secret } });
  const { submitEvents } = gateway.muster;
  let isFull = true;
  const tooMuch = new TooMuchError('e-2: too many', { bound: 'person', retryAfterS: 60 });
  gateway.muster.submitEvents = async (drafts, options) => {
    const isKeptBack = ({ personId }: { readonly personId: string }) => isFull && personId === 'e-2';
    const results = (
      await submitEvents(
        drafts.filter((one) => !isKeptBack(one)),
        options,
      )
    ).values();
    return drafts.map((one) => (isKeptBack(one) ? tooMuch : (results.next().value ?? tooMuch)));
  };
  const employees = ['e-1', 'e-2', 'e-3'].map((id) => ({ event: 'changed', id, mail: `${id}@example.com` }));
  const body = JSON.stringify({ employees });
  const send = () => post(gateway, body, sign(body, { secret }), '/v1/events/payroll');
  const refused = await send();
  expect(refused).toMatchObject({ status: 429, type: 'application/problem+json', body: { detail: 'e-2: too many' } });
  expect(refused.headers['retry-after']).toBe('60');
  expect(gateway.signalled.map(({ personId }) => personId)).toEqual(['e-1', 'e-3']);
  // The sender repeats all of it: only what was left out is new.
  isFull = false;
  expect(await send()).toMatchObject({ status: 202, body: { repeated: false } });
  const waiting = await gateway.inventory.waitingEvents({ limit: 10 });
  expect(waiting.map(({ event }) => event.personId).toSorted()).toEqual(['e-1', 'e-2', 'e-3']);
});

test('a flood about one person is 429, owed by SCIM, and their leaver is taken', async () => {
  await using gateway = await startGateway();
  const send = (id: string, body: string) => post(gateway, body, sign(body, { id }));
  for (let index = 0; index < 100; index += 1) {
    expect((await send(`m-${index}`, joinerBody('e-1', { title: `Title ${index}` }))).status).toBe(202);
  }
  const refused = await send('m-100', joinerBody('e-1', { title: 'One more' }));
  expect(refused).toMatchObject({ status: 429, body: { detail: expect.stringContaining('e-1: 100 events of hr') } });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect((await send('other', joinerBody('e-2'))).status).toBe(202);
  const leaver = JSON.stringify({ type: 'leaver', timestamp: new Date().toISOString(), data: { personId: 'e-1' } });
  expect((await send('leaver', leaver)).status).toBe(202);
  const scim = await scimClient(gateway, 'hr');
  const { status, body } = await scim.send('POST', '/Users', userBody('e-1'));
  expect(status).toBe(201);
  expect(await gateway.inventory.owedScim({ limit: 9, offset: 0 })).toMatchObject([{ source: 'hr', id: body['id'] }]);
  expect(await scim.send('DELETE', `/Users/${String(body['id'])}`)).toMatchObject({ status: 204 });
});
