import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { differingAttributes } from '../../../domain/access/attributes.ts';
import type { Account } from '../../../domain/model.ts';
import { fitName } from '../../../domain/access/names.ts';

const account: Account = {
  id: 'a-1',
  email: 'ann@example.com',
  handle: 'ann@example.com',
  name: 'Ann',
  title: '',
  status: 'active',
  isServiceAccount: false,
  roleIds: [],
};

test('once Datadog has what differed, as it takes names, nothing differs any more', () => {
  const person = fc.record(
    { email: fc.emailAddress(), name: fc.string({ maxLength: 80 }), title: fc.string() },
    { requiredKeys: ['email'] },
  );
  fc.assert(
    fc.property(person, (said) => {
      const { name, ...others } = differingAttributes(account, said);
      const fitted = fitName(name);
      const after = { ...account, ...others, ...(fitted === undefined ? {} : { name: fitted }) };
      expect(differingAttributes(after, said)).toEqual({});
    }),
  );
});

test('the case of an e-mail is no difference, and what HR does not say stays', () => {
  expect(differingAttributes(account, { email: 'ANN@example.com' })).toEqual({});
  expect(differingAttributes(account, { email: 'ann.oak@example.com', name: 'Ann Oak', title: 'Lead' })).toEqual({
    email: 'ann.oak@example.com',
    name: 'Ann Oak',
    title: 'Lead',
  });
});
