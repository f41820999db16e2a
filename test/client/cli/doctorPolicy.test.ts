import { expect, test } from '@jest/globals';
import { isHealthy } from '../../../client/cli/checks.ts';
import { judgeInForce, processesOf } from '../../../client/cli/doctorPolicy.ts';
import { buildId } from '../../../config/version.ts';
import type { Instance } from '../../../domain/instances.ts';

const at = '2026-06-01T12:00:00.000Z';
const one = (given: Partial<Instance> = {}): Instance => ({
  ...{ id: 'i-1', kind: 'worker', host: 'host-1', version: buildId(), policyHash: 'aaa', mode: 'enforce' },
  ...{ startedAt: at, lastSeenAt: at, policySince: at },
  ...given,
});
const here = { policy: { hash: 'aaa', mode: 'enforce' }, file: 'policy.yaml' } as const;
const other = { policy: { hash: 'ccc', mode: 'observe' }, file: 'policy.yaml' } as const;

test.each([
  ['all follow the file', [one(), one({ kind: 'gateway' })], here, [/^aaa, mode enforce: gateway on host-1, worker/]],
  ['the file says something else', [one()], other, [/worker on host-1 has the policy aaa, mode enforce in force/]],
  [
    'two workers have two policies',
    [one(), one({ host: 'b', policyHash: 'bbb' })],
    here,
    [/^2 are: aaa.*; bbb/, /on b/],
  ],
  ['the file is refused', [one({ refusal: 'quorum is 2' })], here, [/refused by the worker on host-1: quorum is 2/]],
  ['the file here cannot be used', [one()], { ...here, policy: undefined }, [/^aaa, mode enforce: worker on host-1/]],
  ['nobody has reported', [one({ kind: 'gateway' })], here, [/^no worker has reported lately/]],
] as const)('doctor on the policy in force where %s', (_, instances, file, details) => {
  const checks = judgeInForce(instances, file);
  expect(checks.map(({ detail }) => detail)).toEqual(details.map((detail) => expect.stringMatching(detail)));
  const isWell = instances.every(({ refusal, policyHash }) => refusal === undefined && policyHash === 'aaa');
  expect(isHealthy(checks)).toBe(isWell && file !== other);
});

test('a process of another version is named, and is no reason to fail', () => {
  const checks = judgeInForce([one({ version: '0.0.1' })], here);
  expect(checks.at(-1)).toMatchObject({
    name: 'version',
    detail: expect.stringContaining('worker on host-1 is 0.0.1'),
  });
  expect(isHealthy(checks)).toBe(true);
});

test('each running process has its line: build, policy, mode, and when it last reported', () => {
  const at = Date.parse('2026-09-01T08:00:30Z');
  const seen = one({ startedAt: '2026-09-01T07:00:00Z', lastSeenAt: '2026-09-01T08:00:25Z' });
  expect(processesOf([seen], at)).toEqual([
    {
      name: 'worker on host-1',
      status: 'ok',
      detail: `build ${buildId()}, policy aaa, mode enforce, seen 5 s ago, up since 2026-09-01T07:00:00Z`,
    },
  ]);
});
