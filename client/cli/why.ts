import type { ApprovalRow, DatedDecision } from '../../inventory/port/approvals.ts';
import type { EvidenceRow } from '../../inventory/port/evidence.ts';
import type { GrantRow } from '../../inventory/port/grants.ts';
import { cameWithAccount } from '../../domain/access/warnings.ts';

/** Why somebody has access and who approved it, in the words of the policy. */

interface Why {
  /** The policy's rule, the approval, or the event. */
  readonly why: string;
  /** The person who approved it, and how that is known. */
  readonly by: string;
}

interface Known {
  readonly approvals: readonly ApprovalRow[];
  readonly evidence: readonly EvidenceRow[];
}

export function whyGranted({ reason, because }: Pick<GrantRow, 'reason' | 'because'>, known: Known): Why {
  if (reason === 'preexisting') return { why: 'held before Muster', by: '' };
  if (because === cameWithAccount) return { why: because, by: '' };
  const adopted = known.evidence.find(({ eventId }) => eventId === because?.replace(/^adoption /, 'adopt:'));
  if (reason === 'adopted') return { why: 'taken over', by: adopted === undefined ? '' : actorOf(adopted) };
  return byApproval(because, known) ?? { why: because === undefined ? reason : byEvent(because), by: 'the policy' };
}

export function whyDone(entry: EvidenceRow, known: Pick<Known, 'approvals'>): Why {
  const { after, reason, proof } = entry;
  const allowed = byApproval(reason, known);
  if (allowed !== undefined) return allowed;
  const { rules, approvalId } = (after ?? {}) as { rules?: readonly string[]; approvalId?: string };
  const approval = known.approvals.find((one) => one.approvalId === approvalId);
  const words = [
    ...(approval === undefined ? [] : [rulesOf(approval.rules)]),
    ...(rules === undefined ? [] : [rulesOf(rules)]),
    ...(reason === undefined ? [] : [proof === undefined ? byEvent(reason) : reason]),
  ];
  return { why: words.join(', '), by: actorOf(entry) };
}

/** The action with what it was about: `assign role Datadog Admin Role`. */
export function whatWasDone({ action, before, after }: Pick<EvidenceRow, 'action' | 'before' | 'after'>): string {
  const { name, entitlements, act, email, roles, teams } = { ...(before as object), ...(after as object) } as Subject;
  const held = [...(roles ?? []).map((one) => `role ${one}`), ...(teams ?? []).map((one) => `team ${one}`)];
  const named = entitlements?.map((one) => `${one.kind} ${one.name}`) ?? (held.length > 0 ? held : undefined);
  const about = act ?? named?.join(', ') ?? name ?? email;
  return about === undefined || about === '' ? action : `${action} ${about}`;
}

interface Subject {
  readonly name?: string;
  readonly email?: string;
  readonly act?: string;
  /** What a person gets back. */
  readonly roles?: readonly string[];
  readonly teams?: readonly string[];
  readonly entitlements?: readonly { readonly kind: string; readonly name: string }[];
}

export const describeDecision = ({ verdict, at, to, ...who }: DatedDecision): string =>
  `${verdict} ${to === undefined ? '' : `to ${to.join(', ')} `}by ${actorOf(who)} at ${at}`;

/** `lead@example.com (claimed)`, `e-7 (attested by token t-1)`, or the source of an event. */
export function actorOf({ actor, proof, tokenId }: Pick<EvidenceRow, 'actor' | 'proof' | 'tokenId'>): string {
  if (proof === undefined) return `source ${actor}`;
  return `${actor} (${proof}${tokenId === undefined ? '' : ` by token ${tokenId}`})`;
}

function byApproval(because: string | undefined, { approvals }: Pick<Known, 'approvals'>): Why | undefined {
  const [, id] = /^approval (\S+)$/.exec(because ?? '') ?? [];
  if (id === undefined) return undefined;
  const approval = approvals.find(({ approvalId }) => approvalId === id);
  const allowing = approval?.decisions.filter(({ verdict }) => verdict === 'approve') ?? [];
  return {
    why: [...(approval === undefined ? [] : [rulesOf(approval.rules)]), `approval ${shortId(id)}`].join(', '),
    by: allowing.map(actorOf).join(', '),
  };
}

/** Enough to find it: lists and `--json` have the whole id. */
const shortId = (id: string): string => (id.length > 12 ? `${id.slice(0, 8)}…` : id);

export const rulesOf = (rules: readonly string[]): string =>
  `${rules.length === 1 ? 'rule' : 'rules'} ${rules.join(', ')}`;

const byEvent = (reason: string): string => (/^\w+$/.test(reason) ? `${reason} event` : reason);
