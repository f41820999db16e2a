import { describe, expect, test } from '@jest/globals';
import { openDatabases } from './backends.ts';

const at = (minute: number): string => `2026-01-05T09:0${minute}:00.000Z`;
const first = { source: 'hr', messageId: 'm-1', digest: 'a' };
const other = { ...first, digest: 'b' };

describe.each(await openDatabases())('deliveries in $name', ({ makeFixture }) => {
  test('a message keeps its place under its id, whatever was lost before it was accepted', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    expect(await inventory.claimDelivery(first, at(0))).toEqual({ position: 0, isAccepted: false });
    expect(await inventory.claimDelivery(other, at(1))).toEqual({ position: 1, isAccepted: false });
    expect(await inventory.claimDelivery(first, at(2))).toEqual({ position: 0, isAccepted: false });
    await inventory.recordDelivery(other, at(3));
    expect(await inventory.claimDelivery(other, at(4))).toEqual({ position: 1, isAccepted: true });
    expect(await inventory.claimDelivery(first, at(4))).toEqual({ position: 0, isAccepted: false });
    expect(await inventory.claimDelivery({ ...first, source: 'okta' }, at(4))).toMatchObject({ position: 0 });
  });

  test('two bodies under one id at once have two places', async () => {
    await using fixture = await makeFixture();
    const digests = ['a', 'b', 'c', 'd', 'e'];
    const claims = await Promise.all(
      digests.map((digest) => fixture.inventory.claimDelivery({ ...first, digest }, at(0))),
    );
    expect(claims.map(({ position }) => position).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
  });

  test('what was claimed long ago is forgotten', async () => {
    await using fixture = await makeFixture();
    await fixture.inventory.claimDelivery(first, at(0));
    await fixture.inventory.recordDelivery(first, at(0));
    await fixture.inventory.forgetDeliveries(at(1));
    expect(await fixture.inventory.claimDelivery(first, at(2))).toEqual({ position: 0, isAccepted: false });
  });
});
