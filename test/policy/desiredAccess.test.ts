import { describe, expect, test } from '@jest/globals';
import { parsePolicy } from '../../policy/file.ts';
import { desiredAccess } from '../../policy/requests.ts';
import type { Policy } from '../../domain/policy/rules.ts';

const policyOf = (rules: string): Policy =>
  parsePolicy(`version: 1\nrules:\n${rules}`, 'policy.yaml', { datadogIsSimulator: true });
const approval = 'approval: { manager: true, fallback: [it@example.com] }';
const adminRule = `  - { name: admin, when: { department: SRE }, roles: [Admin, Billing], teams: [sre], ${approval} }\n`;
const ada = { email: 'ada@example.com', department: 'SRE', manager: 'grace@example.com' };

const idsOf = (rules: string, personId = 'p-1'): string[] =>
  desiredAccess(policyOf(rules), personId, ada).requests.map(({ approvalId }) => approvalId);

describe('desired access', () => {
  test('yields free entitlements and one request for each rule with approval, fixed with the hash', () => {
    const policy = policyOf(`  - { name: everyone, roles: [Reader] }\n${adminRule}`);
    expect(desiredAccess(policy, 'p-1', ada)).toEqual({
      entitlements: [{ kind: 'role', name: 'Reader' }],
      requests: [
        {
          approvalId: expect.stringMatching(/^[0-9a-f]{32}$/),
          entitlements: [
            { kind: 'role', name: 'Admin' },
            { kind: 'role', name: 'Billing' },
            { kind: 'team', name: 'sre' },
          ],
          rules: ['admin'],
          approvers: { people: [], manager: true, quorum: 1, fallback: ['it@example.com'] },
          managerSaid: 'grace@example.com',
        },
      ],
    });
  });

  test('names no manager where HR names none', () => {
    const { requests } = desiredAccess(policyOf(adminRule), 'p-1', {
      email: 'ada@example.com',
      department: 'SRE',
      manager: ' ',
    });
    expect(requests.map(({ managerSaid }) => managerSaid)).toEqual([undefined]);
  });

  test('asks under the same id however the same access is written', () => {
    const rewritten = adminRule.replace('[Admin, Billing]', '[Billing, Admin]').replace('it@', 'other@');
    expect(idsOf(rewritten)).toEqual(idsOf(adminRule));
  });

  test('asks under a new id for other access and for another person', () => {
    expect(idsOf(adminRule.replace('[Admin, Billing]', '[Admin]'))).not.toEqual(idsOf(adminRule));
    expect(idsOf(adminRule, 'p-2')).not.toEqual(idsOf(adminRule));
    expect(idsOf(`  - { name: free, roles: [Billing] }\n${adminRule}`)).not.toEqual(idsOf(adminRule));
  });

  test('keeps two rules that ask for the same access by different approvers as two requests', () => {
    const second = adminRule
      .replace('name: admin', 'name: second')
      .replace('manager: true', 'people: [eve@example.com]');
    const ids = idsOf(adminRule + second);
    expect(new Set(ids).size).toBe(2);
  });
});
