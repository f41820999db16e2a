import { expect, test } from '@jest/globals';
import { LeftOut } from '../../../client/intake/leftOut.ts';
import { TooMuchError } from '../../../domain/errors.ts';

const tooMuch = (personId: string) =>
  Promise.reject(new TooMuchError(`${personId}: too many`, { bound: 'person', retryAfterS: 60 }));

test('people above a bound are left out with their later events, and everybody else goes on', async () => {
  const left = new LeftOut();
  const submitted: string[] = [];
  const submit = (personId: string, isTooMuch = false) =>
    left.unlessTooMuch(personId, async () => {
      if (isTooMuch) return tooMuch(personId);
      submitted.push(personId);
      return personId;
    });
  expect(await submit('e-1')).toBe('e-1');
  expect(await submit('e-2', true)).toBeUndefined();
  expect(await submit('e-2')).toBeUndefined();
  expect(await submit('e-3', true)).toBeUndefined();
  expect(await submit('e-4')).toBe('e-4');
  expect(submitted).toEqual(['e-1', 'e-4']);
  expect(() => left.throwFirst()).toThrow('e-2: too many (and 1 more people; everybody else is taken)');
});

test('any other error ends the request, and where nobody is left out nothing is thrown', async () => {
  const left = new LeftOut();
  await expect(left.unlessTooMuch('e-1', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(() => left.throwFirst()).not.toThrow();
});
