import { createHash } from 'node:crypto';
import type { ApprovalRequest, DesiredAccess, Entitlement, PersonAttributes } from '../../workflows/core/model.ts';
import { type AccessOnApproval, birthrightAccess, type Policy } from '../../workflows/core/policy.ts';

/**
 * What the policy gives this person: entitlements without a question, and one request for each rule that wants approval.
 * The same person and access always give the same requests, whatever the order of the rules.
 */
export function desiredAccess(policy: Policy, personId: string, attributes: PersonAttributes): DesiredAccess {
  const access = birthrightAccess(policy, attributes);
  const manager = attributes.manager?.trim();
  const managerIds = manager === undefined || manager === '' ? [] : [manager];
  return {
    policyHash: policy.hash,
    entitlements: access.granted.map(({ kind, name }) => ({ kind, name })),
    requests: access.onApproval.map((asked) => requestOf(personId, asked, managerIds)),
  };
}

function requestOf(personId: string, asked: AccessOnApproval, managerIds: readonly string[]): ApprovalRequest {
  return {
    approvalId: approvalIdOf(personId, asked.rule, asked.entitlements),
    entitlements: asked.entitlements,
    rules: [asked.rule],
    approvers: asked.approvers,
    managerIds,
  };
}

/**
 * 32 hex characters over the person, the rule and the sorted access: changed access is a new request, and two rules that
 * ask for the same access from different approvers stay two. Approvers and waiting times are not part of it, so that
 * changing them does not ask again what is being asked.
 */
function approvalIdOf(personId: string, rule: string, entitlements: readonly Entitlement[]): string {
  const access = entitlements.map(({ kind, name }) => [kind, name]);
  return createHash('sha256')
    .update(JSON.stringify([personId, rule, access]))
    .digest('hex')
    .slice(0, 32);
}
