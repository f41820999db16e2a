import { subjectOf } from '../../domain/approvals.ts';
import type { PersonStatus } from '../../domain/contracts.ts';

/** The status as markdown, for the current details of a run in the Temporal UI. No e-mail beyond what the run holds anyway. */
export function describeStatus(status: PersonStatus): string {
  const lines = [`**${status.process}** of ${status.personId}: ${status.phase}`];
  if (status.event)
    lines.push(`- event: ${status.event.kind} \`${status.event.eventId}\`, effective ${status.event.effectiveAt}`);
  if (status.waitingFor) lines.push(`- waits for ${status.waitingFor}${status.until ? `, until ${status.until}` : ''}`);
  if (status.blocked) lines.push(`- **${status.phase}**, ${status.blocked.reason}: ${status.blocked.advice}`);
  if (status.account) lines.push(`- account: \`${status.account.id}\`, ${status.account.status}`);
  for (const approval of status.approvals) {
    const how = approval.privileged === undefined ? '' : ' (privileged)';
    lines.push(`- approval \`${approval.approvalId}\` for ${subjectOf(approval)}${how}: ${approval.state}`);
  }
  for (const part of status.parts)
    lines.push(`- ${part.part}: ${part.result}${part.detail ? ` (${part.detail})` : ''}`);
  for (const event of status.mailbox)
    lines.push(`- waiting: ${event.kind} \`${event.eventId}\`, effective ${event.effectiveAt}`);
  for (const { what, why } of status.refused.slice(-5)) lines.push(`- not counted: ${what}: ${why}`);
  if (status.outcome)
    lines.push(`- outcome: **${status.outcome.kind}**${status.outcome.detail ? `, ${status.outcome.detail}` : ''}`);
  return lines.join('\n');
}
