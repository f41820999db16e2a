import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { issueToken } from '../../../auth/tokens.ts';
import { watchLeaves } from '../../../activities/sync/leaves.ts';
import { prepareInventory } from '../../../inventory/index.ts';
import { openInventory } from '../../support/inventory.ts';
import { openDatabases } from '../../inventory/backends.ts';
import { joinerBody, post, sign, startGateway } from '../support/gateway.ts';
import { scimClient, userBody } from '../support/scim.ts';
import { giveToken, memoryKeys, operator } from '../../support/operators.ts';

/** In containers the gateway and the worker have PostgreSQL roles of their own: docs/compose.md. */

const databases = (await openDatabases()).filter(({ dialect }) => dialect === 'postgresql');
const leaver = { eventId: 'l-1', kind: 'leaver', personId: 'e-9', source: 'hr' } as const;
const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();
const entry = {
  personId: 'e-1',
  eventId: 'x',
  step: 'grant',
  action: 'add to role',
  at: '2026-01-05T09:00:00.000Z',
  actor: { kind: 'system' },
  reason: 'test',
};

for (const { makeFixture } of databases)
  describe('roles in PostgreSQL', () => {
    async function prepared() {
      const fixture = await makeFixture();
      const { url = '' } = fixture.location;
      const suffix = randomUUID().replaceAll('-', '').slice(0, 12);
      const roles = { worker: `w_${suffix}`, gateway: `g_${suffix}` };
      for (const role of Object.values(roles)) await fixture.query(`create role ${role} login`);
      await prepareInventory({ url }, roles);
      const urlFor = (role: string) => url.replace(/^postgres:\/\/[^@]+@/, `postgres://${role}@`);
      return { fixture, gateway: urlFor(roles.gateway), worker: urlFor(roles.worker) };
    }

    test('the gateway takes in events and users, and shows people, with its own role', async () => {
      const { fixture, gateway: url } = await prepared();
      await using _ = fixture;
      await using gateway = await startGateway({ database: { url } });
      const place = { inventory: fixture.inventory, home: gateway.home };
      const auditor = await giveToken(place, { role: 'auditor' });
      const idp = await giveToken(place, { role: 'intake', source: 'idp' });
      expect(await post(gateway, joinerBody('e-1'))).toMatchObject({ status: 202 });
      const body = joinerBody('e-1', { title: 'Engineer' });
      expect(await post(gateway, body, sign(body))).toMatchObject({ status: 202, body: { repeated: false } });
      const odd = joinerBody('a/b');
      const refused = [{ index: 0, reason: expect.stringContaining('personId') }];
      expect(await post(gateway, odd, sign(odd, { id: 'msg-2' }))).toMatchObject({ status: 202, body: { refused } });
      const scim = await scimClient(gateway, 'idp', idp.token);
      const created = await scim.send('POST', '/Users', userBody('kim'));
      expect(created).toMatchObject({ status: 201 });
      expect(await scim.send('DELETE', `/Users/${String(created.body['id'])}`)).toMatchObject({ status: 204 });
      await gateway.inventory.forgetDeliveries('2999-01-01T00:00:00.000Z');
      const at = new Date().toISOString();
      const reported = { id: 'i-1', kind: 'gateway', host: 'host-1', version: '1.0.0', policyHash: 'aaa' } as const;
      const times = { startedAt: at, lastSeenAt: at, policySince: at };
      await gateway.inventory.reportInstance({ ...reported, mode: 'observe', ...times });
      await gateway.inventory.forgetInstance('i-1');
      const { inventory, policy } = gateway;
      await inventory.receiveEvent({ ...leaver, occurredAt: ago(99), effectiveAt: ago(99) }, ago(99));
      const notify = { send: () => undefined };
      expect(await watchLeaves({ inventory, policy: () => policy, notify })).toMatchObject([{ subject: 'e-9' }]);
      const headers = { authorization: `Bearer ${auditor.token}` };
      const nul = await gateway.app.inject({ url: '/v1/inventory/users?search=a%00', headers });
      expect(nul.statusCode).toBe(422);
      for (const path of ['/v1/people/e-1', '/v1/inventory/users', '/v1/inventory/grants', '/v1/inventory/nhis']) {
        expect((await gateway.app.inject({ url: path, headers })).statusCode).toBe(200);
      }
      expect(gateway.errors).toEqual([]);
    });

    test.each([
      'insert into tokens (id, role, hash, created_at) values (1, 2, 3, 4)',
      'update grants set until = null',
      "update approvals set state = 'approved'",
      "update decisions set decision = '{}'",
      'delete from evidence',
      'delete from findings',
      "update people set employment = 'employed'",
      'drop trigger evidence_no_change on evidence',
      'alter table evidence disable trigger all',
      'create table planted (id integer)',
    ])('the gateway may not: %s', async (statement) => {
      const { fixture, gateway } = await prepared();
      await using _ = fixture;
      await expect(fixture.queryAs(gateway, statement)).rejects.toThrow(/permission denied|must be owner/);
    });

    test('the worker writes the record and adds evidence, which it cannot change or unguard', async () => {
      const { fixture, worker: url } = await prepared();
      await using _ = fixture;
      await using inventory = await openInventory({ url });
      await inventory.appendEvidence(entry as never);
      await issueToken({ inventory, keys: memoryKeys() }, { role: 'auditor' }, operator);
      expect(await inventory.verifyEvidence()).toMatchObject({ ok: true, count: 2 });
      for (const statement of [
        'delete from evidence',
        'truncate evidence',
        'drop trigger evidence_no_change on evidence',
        'update muster_schema set version = 9',
      ]) {
        await expect(fixture.queryAs(url, statement)).rejects.toThrow(/permission denied|must be owner/);
      }
    });
  });
