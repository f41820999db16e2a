import { describe, expect, test } from '@jest/globals';
import {
  authenticate,
  hasAdministrator,
  issueToken,
  listTokens,
  revokeToken,
  tokenPattern,
} from '../../auth/tokens.ts';
import type { TokenRow } from '../../inventory/port/tokens.ts';
import { openDatabases, type Fixture } from './backends.ts';
import { account, adopt, at, joiner } from './samples.ts';
import { memoryKeys, operator } from '../support/operators.ts';

const keys = memoryKeys();

/** Somebody who works here. */
const know = ({ inventory }: Fixture, personId: string, employment: 'employed' | 'left' = 'employed') =>
  adopt(inventory, { personId, employment, attributes: { email: `${personId}@example.com` } });

const give = (fixture: Fixture, request: Partial<TokenRow> = {}) =>
  issueToken({ inventory: fixture.inventory, keys }, { role: 'operator', personId: 'p-7', ...request }, operator);

const why = async ({ inventory }: Fixture, token: string, now?: Date) => {
  const known = await authenticate({ inventory, keys }, token, now);
  return known.ok ? 'it is good' : known.why;
};

describe.each(await openDatabases())('on $name', ({ makeFixture }) => {
  test('a token is known by what proves it until it is revoked, and kept as a hash only', async () => {
    await using fixture = await makeFixture();
    const { inventory, query } = fixture;
    await know(fixture, 'p-7');
    const { token, ...row } = await give(fixture, { role: 'approver' });
    expect(token).toMatch(new RegExp(`^${tokenPattern.source}$`));
    expect(await authenticate({ inventory, keys }, token)).toEqual({ ok: true, token: row });
    expect(await listTokens({ inventory, keys })).toEqual([{ ...row, isSealed: true }]);
    for (const none of [`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`, row.id]) {
      expect(await why(fixture, none)).toBe('it is unknown');
    }
    const stored = JSON.stringify([await query('select * from tokens'), await query('select * from evidence')]);
    expect(stored).toContain(row.id);
    expect(stored).not.toContain(token);

    const revoked = await revokeToken(inventory, row.id, operator);
    expect(revoked).toEqual({ ...row, revokedAt: expect.any(String) });
    expect(await revokeToken(inventory, row.id, operator)).toEqual(revoked);
    expect(await why(fixture, token)).toMatch(/was revoked at/);
    expect(await revokeToken(inventory, 't-none', operator)).toBeUndefined();
    const evidence = await inventory.listEvidence({ personId: 'p-7', limit: 10, offset: 0 });
    expect(evidence.map(({ action }) => action)).toEqual(['create token', 'revoke token']);
  });

  test('a token counts for 90 days, or until it was said', async () => {
    await using fixture = await makeFixture();
    const { token, createdAt, expiresAt } = await give(fixture, { role: 'auditor', personId: undefined });
    expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(90 * 86_400_000);
    expect(await why(fixture, token, new Date(Date.parse(expiresAt) - 1))).toBe('it is good');
    expect(await why(fixture, token, new Date(expiresAt))).toMatch(/has expired/);
    const short = await give(fixture, { role: 'intake', personId: undefined, source: 'workday', expiresAt: at(10) });
    expect(await why(fixture, short.token, new Date(at(9)))).toBe('it is good');
    expect(await why(fixture, short.token, new Date(at(10)))).toMatch(/has expired/);
  });

  test.each([
    ['role', "'admin'"],
    ['person_id', "'p-8'"],
    ['source', "'hr'"],
    ['expires_at', "'2999-01-01T00:00:00.000Z'"],
    ['created_at', "'2026-01-01T00:00:00.000Z'"],
    ['id', "'t-other'"],
    ['seal', "''"],
  ])('a row whose %s was changed in the database is nobody’s', async (column, value) => {
    await using fixture = await makeFixture();
    await know(fixture, 'p-7');
    await know(fixture, 'p-8');
    const { token } = await give(fixture);
    await fixture.query(`update tokens set ${column} = ${value}`);
    expect(await authenticate({ inventory: fixture.inventory, keys }, token)).toMatchObject({
      ok: false,
      isForged: true,
      why: expect.stringContaining('has no seal'),
    });
    expect(await listTokens({ inventory: fixture.inventory, keys })).toMatchObject([{ isSealed: false }]);
  });

  test('a row that was inserted, or that another deployment sealed, is nobody’s', async () => {
    await using fixture = await makeFixture();
    const { inventory, query } = fixture;
    await know(fixture, 'p-7');
    const { token } = await issueToken({ inventory, keys: memoryKeys() }, { role: 'admin', personId: 'p-7' }, operator);
    expect(await why(fixture, token)).toMatch(/has no seal/);
    const own = await give(fixture);
    // The seal of another row.
    await query(`update tokens set seal = (select seal from tokens where id = '${own.id}')`);
    expect(await why(fixture, token)).toMatch(/has no seal/);
    expect(await why(fixture, own.token)).toBe('it is good');
    expect(await hasAdministrator({ inventory, keys })).toBe(false);
  });

  test('a revocation that is taken out of the row holds all the same', async () => {
    await using fixture = await makeFixture();
    await know(fixture, 'p-7');
    const { id, token } = await give(fixture);
    await revokeToken(fixture.inventory, id, operator);
    await fixture.query('update tokens set revoked_at = null');
    expect(await why(fixture, token)).toMatch(/was revoked at/);
    expect(await fixture.inventory.listTokens()).toMatchObject([{ id, revokedAt: expect.any(String) }]);
  });

  test('there is no token for somebody unknown or gone, but for the first administrator', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    await expect(give(fixture)).rejects.toThrow('No person p-7 is known');
    await know(fixture, 'p-8', 'left');
    await expect(give(fixture, { personId: 'p-8' })).rejects.toThrow('they have left');
    // An event that waits names a person too.
    await inventory.receiveEvent(joiner('e-1', { personId: 'p-9' }), at(0));
    expect(await give(fixture, { personId: 'p-9' })).toMatchObject({ personId: 'p-9' });

    const first = { role: 'admin', personId: 'p-1' } as const;
    expect(await hasAdministrator({ inventory, keys })).toBe(false);
    const { token } = await issueToken({ inventory, keys }, first, operator, { isFirst: true });
    expect(await why(fixture, token)).toBe('it is good');
    expect(await hasAdministrator({ inventory, keys })).toBe(true);
    expect(await inventory.listEvidence({ personId: 'p-1', limit: 9, offset: 0 })).toMatchObject([
      { action: 'create first admin token', actor: 'it@example.com', proof: 'claimed' },
    ]);
    const approver = { role: 'approver', personId: 'p-2' } as const;
    const unknown = await issueToken({ inventory, keys }, approver, operator, { isFirst: true });
    expect(await why(fixture, unknown.token)).toMatch(/is of p-2, whom nobody knows/);
  });

  test.each<[string, string, (fixture: Fixture) => Promise<unknown>]>([
    ['has left', 'they have left', (fixture) => know(fixture, 'p-7', 'left')],
    [
      'is to have left by now',
      'they have left',
      ({ inventory }) =>
        inventory.receiveEvent(joiner('e-2', { personId: 'p-7', kind: 'leaver', person: undefined }), at(20)),
    ],
    [
      'has an account that is disabled',
      'their account is disabled',
      async ({ inventory }) => {
        await inventory.writeAccounts({ accounts: [account('a-7', { status: 'disabled' })], seenAt: at(20) });
        await inventory.bindAccount('p-7', 'a-7', at(20));
      },
    ],
  ])('the token of a person who %s proves nobody', async (_what, words, end) => {
    await using fixture = await makeFixture();
    await know(fixture, 'p-7');
    const { token } = await give(fixture, { role: 'admin' });
    expect(await why(fixture, token)).toBe('it is good');
    await end(fixture);
    expect(await why(fixture, token)).toContain(`is of p-7: ${words}`);
    expect(await hasAdministrator({ inventory: fixture.inventory, keys })).toBe(false);
  });
});
