import type { BucketInput } from './buckets.ts';
import type { AwkwardControls } from './controls.ts';
import type { FaultInput } from '../faults.ts';
import { createRandom } from '../random.ts';
import type { Random } from '../random.ts';

interface Armed {
  readonly faults: { add(fault: FaultInput): unknown };
  readonly awkward: Pick<AwkwardControls, 'buckets' | 'setSearchLag'>;
}

/** Limits by endpoint, a search that lags, and now and then each fault; equal for equal seeds. */
export function armMixture(seed: number, { faults, awkward }: Armed): void {
  const random = createRandom(seed);
  for (const bucket of bucketsOf(random)) awkward.buckets.add(bucket);
  awkward.setSearchLag(500 + random.integer(2_000));
  for (const fault of faultsOf(random)) faults.add(fault);
}

/** Endpoints with limits of their own; how long and how each is told differs from seed to seed. */
function bucketsOf(random: Random): readonly BucketInput[] {
  const told = (): Pick<BucketInput, 'reset' | 'body' | 'periodMs'> => ({
    reset: random.pick(['seconds', 'epoch', 'none']),
    body: random.pick(['json', 'html']),
    periodMs: 1_000 * (1 + random.integer(3)),
  });
  const users = '/api/v2/users';
  return [
    { name: 'user_list', requests: [`GET ${users}`], limit: 10 + random.integer(10), ...told() },
    { requests: [`GET ${users}/{user_id}`], limit: 15 + random.integer(15), ...told() },
    { requests: [`GET ${users}/{user_id}/memberships`], limit: 5 + random.integer(10), ...told() },
    {
      name: 'user_write',
      requests: ['PATCH', 'DELETE'].map((method) => `${method} ${users}/{user_id}`),
      limit: 5,
      ...told(),
    },
    { requests: ['POST /api/v2/user_invitations'], limit: 3 + random.integer(3), ...told() },
    {
      name: 'role_api',
      requests: ['POST', 'DELETE'].map((method) => `${method} /api/v2/roles/{role_id}/users`),
      limit: 5 + random.integer(5),
      ...told(),
    },
  ];
}

const writes = ['POST', 'PATCH', 'DELETE'];
/** But for invitations: one that never went out is found out when it is to be sent again, days later. */
const wherever = '^(?!/api/v2/user_invitations$)';

/** Each a few times in a hundred requests. */
function faultsOf(random: Random): readonly FaultInput[] {
  const rarely = (): number => 0.005 + random.next() * 0.015;
  return [
    ...([500, 502, 503, 'edge502'] as const).map((kind) => ({
      kind,
      match: { path: wherever },
      probability: rarely(),
    })),
    { kind: 'slow', ms: 100 + random.integer(400), probability: rarely() },
    { kind: 'notJson', match: { method: 'GET' }, probability: rarely() },
    ...writes.flatMap((method): FaultInput[] => [
      { kind: 502, when: 'after', match: { method }, probability: rarely() },
      { kind: 'lostReply', match: { method }, probability: rarely() },
      { kind: 'torn', match: { method }, probability: rarely() },
      { kind: 'lag', ms: 200 + random.integer(800), match: { method }, probability: rarely() },
    ]),
    {
      kind: 'reply',
      reply: { status: 201 },
      when: 'after',
      match: { method: 'POST', path: '^/api/v2/user' },
      probability: 0.05,
    },
    { kind: 'reply', reply: { status: 200 }, when: 'after', match: { method: 'PATCH' }, probability: 0.05 },
  ];
}
