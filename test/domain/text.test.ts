import { expect, test } from '@jest/globals';
import { domainOf, foldCase, isEmail, isSameText, similarNames } from '../../domain/text.ts';

test('two spellings of one e-mail are the same text', () => {
  expect(foldCase(' Ada@Example.com ')).toBe('ada@example.com');
  // One with a composed letter, the other with a combining accent.
  expect(isSameText('jos\u00e9@example.com', 'JOSE\u0301@example.com')).toBe(true);
  expect(isSameText('ada@example.com', 'ada@example.org')).toBe(false);
  expect(domainOf('"a@b"@Example.com')).toBe('example.com');
});

test.each([
  ['ada@example.com', true],
  ['o’neil+dd@sub.example.com', true],
  ['ada@localhost', true],
  ['ada', false],
  ['ada@', false],
  ['ada@b@example.com', false],
  ['Ada <ada@example.com>', false],
  ['ada@example.com, bob@example.com', false],
  ['ada\u0007@example.com', false],
  [`${'a'.repeat(250)}@example.com`, false],
  [7, false],
])('%j is an e-mail: %j', (value, expected) => {
  expect(isEmail(value)).toBe(expected);
});

test('similar names are found, the most similar first, even with two letters swapped', () => {
  const keys = ['mode', 'rules', 'approvals', 'onboarding'];
  expect(similarNames('mod', keys)).toEqual(['mode']);
  expect(similarNames('mdoe', keys)).toEqual(['mode']);
  expect(similarNames('aproval', keys)).toEqual(['approvals']);
  expect(similarNames('Datadog Admin', ['Datadog Admin Role', 'Datadog Read Only Role'])[0]).toBe('Datadog Admin Role');
  expect(similarNames('xyz', keys)).toEqual([]);
});
