import { describe, expect, test } from '@jest/globals';
import { authenticate, issueToken, revokeToken, tokenPattern } from '../../auth/tokens.ts';
import { openDatabases } from './backends.ts';
import { at } from './samples.ts';
import { operator } from '../support/operators.ts';

describe.each(await openDatabases())('on $name', ({ makeFixture }) => {
  test('a token is known by what proves it until it is revoked, and kept as a hash only', async () => {
    await using fixture = await makeFixture();
    const { inventory, query } = fixture;
    const { token, ...row } = await issueToken(inventory, { role: 'approver', personId: 'p-7' }, operator);
    expect(token).toMatch(new RegExp(`^${tokenPattern.source}$`));
    expect(await authenticate(inventory, token)).toEqual(row);
    expect(await inventory.listTokens()).toEqual([row]);
    expect(await authenticate(inventory, `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`)).toBeUndefined();
    expect(await authenticate(inventory, row.id)).toBeUndefined();
    const stored = JSON.stringify([await query('select * from tokens'), await query('select * from evidence')]);
    expect(stored).toContain(row.id);
    expect(stored).not.toContain(token);

    const revoked = await revokeToken(inventory, row.id, operator);
    expect(revoked).toEqual({ ...row, revokedAt: expect.any(String) });
    expect(await revokeToken(inventory, row.id, operator)).toEqual(revoked);
    expect(await authenticate(inventory, token)).toBeUndefined();
    expect(await revokeToken(inventory, 't-none', operator)).toBeUndefined();
    const evidence = await inventory.listEvidence({ personId: 'p-7', limit: 10, offset: 0 });
    expect(evidence.map(({ action }) => action)).toEqual(['create token', 'revoke token']);
  });

  test('a token counts until it expires', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const request = { role: 'intake', source: 'workday', expiresAt: at(10) } as const;
    const { token } = await issueToken(inventory, request, operator);
    expect(await authenticate(inventory, token, new Date(at(9)))).toMatchObject({ source: 'workday' });
    expect(await authenticate(inventory, token, new Date(at(10)))).toBeUndefined();
  });
});
