import { expect, test } from '@jest/globals';
import { createOnePolicy } from '../../activities/onePolicy.ts';
import { parsePolicy } from '../../policy/file.ts';

const policyOf = (mode: string) =>
  parsePolicy(`version: 1\nmode: ${mode}\nrules: []\n`, 'policy.yaml', { datadogIsSimulator: true });

test('an activity goes by the policy in force when it began, and the next one by the new one', async () => {
  let inForce = policyOf('enforce');
  const { policy, hold } = createOnePolicy(() => inForce);
  const hasChanged = Promise.withResolvers<undefined>();
  const { modes } = hold({
    modes: async () => {
      const before = policy().mode;
      await hasChanged.promise;
      return [before, policy().mode];
    },
  });
  const under = modes();
  inForce = policyOf('observe');
  const next = modes();
  hasChanged.resolve(undefined);
  expect(await under).toEqual(['enforce', 'enforce']);
  expect(await next).toEqual(['observe', 'observe']);
  expect(policy().mode).toBe('observe');
});
