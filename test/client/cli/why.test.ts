import { expect, test } from '@jest/globals';
import { renderPerson } from '../../../client/cli/personView.ts';
import { whatWasDone, whyDone, whyGranted } from '../../../client/cli/why.ts';
import type { EvidenceRow } from '../../../inventory/port/evidence.ts';
import type { PersonHistory } from '../../../inventory/port/people.ts';
import * as samples from '../../inventory/samples.ts';
import { createShell } from '../support/shell.ts';

const at = samples.at(1);
const approvalId = '9143391a1a325d0f5af101eadb4c6003';
const decision = { decisionId: 'd-1', approvalId, verdict: 'approve', actor: 'e-7', at } as const;
const approval = samples.approval({
  approvalId,
  rules: ['sre'],
  state: 'approved',
  decisions: [{ ...decision, proof: 'attested', tokenId: 't-1' }],
});
const link = (change: Partial<EvidenceRow>): EvidenceRow => ({
  ...{
    seq: 1,
    hash: 'f00',
    signature: 's',
    personId: 'p-1',
    eventId: 'e-1',
    step: 's-1',
    at,
    actor: 'hr',
    action: 'assign role',
  },
  ...change,
});
const role = { kind: 'role', name: 'Admin', id: 'r-1' };

test.each<[string, Partial<EvidenceRow>, { readonly what: string; readonly why: string; readonly by: string }]>([
  [
    'a role by a rule',
    { after: { ...role, rules: ['everyone'] }, reason: 'joiner' },
    { what: 'assign role Admin', why: 'rule everyone, joiner event', by: 'source hr' },
  ],
  [
    'a role by an approval',
    { after: role, reason: `approval ${approvalId}`, actor: 'e-7' },
    { what: 'assign role Admin', why: 'rule sre, approval 9143391a…', by: 'e-7 (attested by token t-1)' },
  ],
  [
    'a decision',
    {
      action: 'approve',
      actor: 'lead@example.com',
      proof: 'claimed',
      reason: 'on call',
      after: { approvalId, state: 'approved', entitlements: [role] },
    },
    { what: 'approve role Admin', why: 'rule sre, on call', by: 'lead@example.com (claimed)' },
  ],
  [
    'a role that was removed',
    { action: 'remove role', before: role, after: { held: false }, reason: 'leaver' },
    { what: 'remove role Admin', why: 'leaver event', by: 'source hr' },
  ],
  [
    'an approval that is not on record here',
    { after: role, reason: 'approval a-2', actor: 'e-7' },
    { what: 'assign role Admin', why: 'approval a-2', by: '' },
  ],
])('the evidence of %s says what, why and who approved it', (_what, change, expected) => {
  const row = link(change);
  expect({ what: whatWasDone(row), ...whyDone(row, { approvals: [approval] }) }).toEqual(expected);
});

test('a grant says by which rule, approval or adoption it is held', () => {
  const adoption = link({ eventId: 'adopt:abc', actor: 'it@example.com', proof: 'claimed', action: 'adopt account' });
  const known = { approvals: [approval], evidence: [adoption] };
  expect(whyGranted({ reason: 'birthright', because: 'rule everyone' }, known)).toEqual({
    why: 'rule everyone',
    by: 'the policy',
  });
  expect(whyGranted({ reason: 'request', because: `approval ${approvalId}` }, known)).toEqual({
    why: 'rule sre, approval 9143391a…',
    by: 'e-7 (attested by token t-1)',
  });
  expect(whyGranted({ reason: 'adopted', because: 'adoption abc' }, known)).toEqual({
    why: 'taken over',
    by: 'it@example.com (claimed)',
  });
  expect(whyGranted({ reason: 'preexisting', because: 'adoption abc' }, known).why).toBe('held before Muster');
});

test('an entitlement ends at one time only, and access from others is no grant', () => {
  const held = { kind: 'role', id: 'r-1', name: 'Standard', since: samples.at(2), until: samples.at(6) } as const;
  const history: PersonHistory = {
    person: { employment: 'employed', personId: 'p-1', lines: {}, previousEmails: [] },
    held: [
      held,
      { ...held, id: 'r-2', name: 'By hand', until: undefined },
      { ...held, since: samples.at(9), until: undefined },
    ],
    grants: [samples.grant({ since: samples.at(1), until: samples.at(5), because: 'rule everyone' })],
    ...{ nhis: [], events: [], approvals: [], evidence: [] },
  };
  const [, access = ''] = renderPerson(createShell(), history).split('Access\n');
  expect(access.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['kind', 'name', 'since', 'until', 'why', 'approved by'],
    ['role', 'By hand', '2026-01-05 08:02Z', 'seen in Datadog, not granted by Muster'],
    ['role', 'Standard', '2026-01-05 08:01Z', '2026-01-05 08:05Z', 'rule everyone', 'the policy'],
    ['role', 'Standard', '2026-01-05 08:09Z', 'seen in Datadog, not granted by Muster'],
  ]);
});
