import { expect, test } from '@jest/globals';
import { otherThan, policiesOf, policyInForce, refusalsOf, type Instance } from '../../domain/instances.ts';

const at = '2026-06-01T12:00:00.000Z';
const one = (given: Partial<Instance> = {}): Instance => ({
  ...{ id: 'i-1', kind: 'worker', host: 'host-1', version: '1.0.0', policyHash: 'aaa', mode: 'observe' },
  ...{ startedAt: at, lastSeenAt: at, policySince: at },
  ...given,
});
const writing = one({ host: 'host-2', policyHash: 'bbb', mode: 'enforce' });

test.each([
  ['nobody has reported', [], undefined],
  ['a gateway alone has', [one({ kind: 'gateway' })], undefined],
  ['the worker has the same', [one()], { hash: 'aaa', mode: 'observe', same: true }],
  ['the gateway has another one', [one(), one({ kind: 'gateway', policyHash: 'bbb' })], { hash: 'aaa', same: false }],
  ['one of two workers writes', [one(), writing], { hash: 'bbb', mode: 'enforce', same: false }],
] as const)('what is in force beside a file where %s', (_, instances, expected) => {
  expect([policyInForce({ hash: 'aaa' }, instances)]).toMatchObject([expected]);
});

test('a process with another policy than the file is named with both, and the others are not', () => {
  expect(otherThan({ hash: 'aaa', mode: 'observe' }, 'policy.yaml', [one(), writing])).toEqual([
    'the worker on host-2 has the policy bbb, mode enforce in force, and policy.yaml is aaa, mode observe',
  ]);
});

test('policies and refusals are told once each, with everybody who has them', () => {
  const refusal = 'policy.yaml:3:1: mode: is missing';
  const instances = [one({ refusal }), one({ id: 'i-2', kind: 'gateway', refusal }), writing];
  expect(policiesOf(instances)).toEqual([
    'aaa, mode observe: gateway on host-1, worker on host-1',
    'bbb, mode enforce: worker on host-2',
  ]);
  expect(refusalsOf(instances)).toEqual([`gateway on host-1, worker on host-1: ${refusal}`]);
});
