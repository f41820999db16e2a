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
  ["o'neil+dd@sub.example.com", true],
  ['jörg.łuczak@exämple.example', true],
  ['jose\u0301@example.com', true],
  ['!#$%&*/=?^_`{|}~@xn--80ak6aa92e.example', true],
  // Zero width, direction, soft hyphen, no-break space, a variation selector, a tag.
  ['ad\u200ba@example.com', false],
  ['\u202eada@example.com', false],
  ['a\u00adda@example.com', false],
  ['ada\u00a0@example.com', false],
  ['ada\ufe0f@example.com', false],
  ['ada\u{e0061}@example.com', false],
  // Letters that look like others: Cyrillic, Greek, Latin alpha, dotless i, long s, the Kelvin sign, full width, mathematical.
  ['\u0430da@example.com', false],
  ['ada@ex\u0430mple.com', false],
  ['\u0430\u0441\u0430@\u0430\u0441\u0430.example', false],
  ['\u03bfda@example.com', false],
  ['\u0251da@example.com', false],
  ['l\u0131sa@example.com', false],
  ['\u017fam@example.com', false],
  ['\u212aim@example.com', false],
  ['\uff41da@example.com', false],
  ['\u{1d41a}da@example.com', false],
  ['o’neil@example.com', false],
  ['ada\u0301\u0301@example.com', false],
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
