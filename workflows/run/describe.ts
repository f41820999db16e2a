import { subjectOf } from '../../domain/approvals.ts';
import type { PersonStatus } from '../../domain/contracts.ts';

/** The status as markdown, for the current details of a run in the Temporal UI. Texts stay texts, whatever they hold. */
export function describeStatus(status: PersonStatus): string {
  const { event, blocked, account, outcome } = status;
  const lines = [`**${status.process}** of ${plain(status.personId)}: ${status.phase}`];
  if (event) lines.push(`- event: ${event.kind} ${code(event.eventId)}, effective ${event.effectiveAt}`);
  if (status.waitingFor) {
    lines.push(`- waits for ${plain(status.waitingFor)}${status.until ? `, until ${status.until}` : ''}`);
  }
  if (blocked) lines.push(`- **${status.phase}**, ${plain(blocked.reason)}: ${plain(blocked.advice)}`);
  if (account) lines.push(`- account: ${code(account.id)}, ${account.status}`);
  for (const approval of status.approvals) {
    const how = approval.privileged === undefined ? '' : ' (privileged)';
    lines.push(`- approval ${code(approval.approvalId)} for ${plain(subjectOf(approval))}${how}: ${approval.state}`);
  }
  for (const { part, result, detail } of status.parts)
    lines.push(`- ${plain(part)}: ${result}${detail ? ` (${plain(detail)})` : ''}`);
  for (const { kind, eventId, effectiveAt } of status.mailbox)
    lines.push(`- waiting: ${kind} ${code(eventId)}, effective ${effectiveAt}`);
  for (const { what, why } of status.refused.slice(-5)) lines.push(`- not counted: ${plain(what)}: ${plain(why)}`);
  if (outcome) lines.push(`- outcome: **${outcome.kind}**${outcome.detail ? `, ${plain(outcome.detail)}` : ''}`);
  return lines.join('\n');
}

/** Nothing in it makes a link, a picture, HTML or another line. */
const plain = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>&|~#!]/g, '\\$&');

const code = (text: string): string => `\`${text.replaceAll(/[\s`]+/g, ' ')}\``;
