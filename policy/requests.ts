import { createHash } from 'node:crypto';
import { actWords, isNobody } from '../domain/approvals.ts';
import type { Entitlement, PersonAttributes } from '../domain/model.ts';
import { type AccessOnApproval, birthrightAccess, type Policy } from '../domain/policy/rules.ts';
import type { AccountChange, ApprovalRequest, ApproverSet, DesiredAccess, RequestView } from '../domain/decision.ts';

/**
 * The access that the policy grants this person: entitlements at once, and one request for each rule with approval. The
 * same person and access always result in the same requests, whatever the order of the rules.
 */
export function desiredAccess(
  policy: Policy,
  personId: string,
  attributes: PersonAttributes,
): DesiredAccess<ApprovalRequest> {
  const access = birthrightAccess(policy, attributes);
  return {
    entitlements: access.granted.map(({ kind, name }) => ({ kind, name })),
    requests: access.onApproval.map((asked) => requestOf(personId, asked, attributes.manager)),
  };
}

/** The approvers where neither the rule nor the policy names any. */
const nobody: ApproverSet = { people: [], manager: false, quorum: 1, fallback: [] };

/**
 * The access with an approval for every privileged role, whatever the rule says. A rule's own request keeps its
 * approvers under another id; `approvals.default` decides about a role whose rule has no approval.
 */
export function guardPrivileged(
  { approvals }: Pick<Policy, 'approvals'>,
  personId: string,
  desired: DesiredAccess<ApprovalRequest>,
  { privileged, manager }: { readonly privileged: readonly string[]; readonly manager: string | undefined },
): DesiredAccess<ApprovalRequest> {
  const isPrivileged = ({ kind, name }: Entitlement): boolean => kind === 'role' && privileged.includes(name);
  const asPrivileged = (request: ApprovalRequest): ApprovalRequest => {
    const names = request.entitlements.filter(isPrivileged).map(({ name }) => name);
    if (names.length === 0) return request;
    const approvalId = approvalIdOf(personId, request.rules.join(), request.entitlements, names);
    return { ...request, approvalId, privileged: names };
  };
  const freely = desired.entitlements.filter(isPrivileged).map((entitlement): ApprovalRequest =>
    asPrivileged({
      approvalId: '',
      entitlements: [entitlement],
      rules: [defaultRule],
      ...saidManager(manager),
      ...decidedBy(approvals.default),
    }),
  );
  return {
    ...desired,
    entitlements: desired.entitlements.filter((entitlement) => !isPrivileged(entitlement)),
    requests: [...desired.requests.map(asPrivileged), ...freely],
  };
}

/** A request about the account itself, to `approvals.default`. */
export function requestForChange(
  { approvals }: Pick<Policy, 'approvals'>,
  personId: string,
  about: AccountChange,
  { email, manager }: Partial<Pick<PersonAttributes, 'email' | 'manager'>>,
): ApprovalRequest {
  const act = actWords(about, about.change === 'email' ? email : undefined);
  return {
    approvalId: approvalIdOf(personId, act, []),
    entitlements: [],
    about,
    act,
    rules: [defaultRule],
    ...saidManager(manager),
    ...decidedBy(approvals.default),
  };
}

/** What a process wants to request, as the policy in force and the record have it: who may decide is theirs to say. */
export function requestInForce(
  policy: Policy,
  personId: string,
  { entitlements, about, rules, privileged = [] }: RequestView,
  attributes: PersonAttributes,
): ApprovalRequest {
  if (about !== undefined) return requestForChange(policy, personId, about, attributes);
  const approval = policy.rules.find(({ name }) => rules.includes(name))?.approval;
  return {
    approvalId: approvalIdOf(personId, rules.join(), entitlements, privileged),
    entitlements,
    rules,
    ...(privileged.length === 0 ? {} : { privileged }),
    ...saidManager(attributes.manager),
    ...decidedBy(approval ?? policy.approvals.default),
  };
}

/** A process holds neither approvers nor what is said of the person. */
export const viewOfRequest = (request: ApprovalRequest): RequestView => {
  const { approvalId, entitlements, about, rules, privileged, isUndecidable } = request;
  return { approvalId, entitlements, about, rules, privileged, isUndecidable };
};

export const forProcess = ({ entitlements, requests }: DesiredAccess<ApprovalRequest>): DesiredAccess => ({
  entitlements,
  requests: requests.map(viewOfRequest),
});

const defaultRule = 'approvals.default';

const decidedBy = (approvers: ApproverSet = nobody): Pick<ApprovalRequest, 'approvers' | 'isUndecidable'> => ({
  approvers,
  ...(isNobody(approvers) ? { isUndecidable: true } : {}),
});

/** As HR says it: who that is, is looked up when the request is opened. */
const saidManager = (manager: string | undefined): Pick<ApprovalRequest, 'managerSaid'> =>
  manager === undefined || manager.trim() === '' ? {} : { managerSaid: manager.trim() };

function requestOf(personId: string, asked: AccessOnApproval, manager: string | undefined): ApprovalRequest {
  return {
    approvalId: approvalIdOf(personId, asked.rule, asked.entitlements),
    entitlements: asked.entitlements,
    rules: [asked.rule],
    ...saidManager(manager),
    ...decidedBy(asked.approvers),
  };
}

/**
 * 32 hex characters over the person, the rule and the sorted access: changed access is a new request, and two rules with
 * the same access and different approvers stay two requests. Privileged roles are part of it, since an approval from
 * before a role became privileged does not cover it. Approvers and waiting times are not, so that changing them does not
 * repeat an open request.
 */
function approvalIdOf(
  personId: string,
  rule: string,
  entitlements: readonly Entitlement[],
  privileged: readonly string[] = [],
): string {
  const access = entitlements.map(({ kind, name }) => [kind, name]);
  const asked = privileged.length === 0 ? [personId, rule, access] : [personId, rule, access, { privileged }];
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, 32);
}
