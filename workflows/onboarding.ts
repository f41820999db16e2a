import { endByRecord } from '../domain/access/earlyEnd.ts';
import type { ResolvedAccess } from '../domain/access/plan.ts';
import { isHire } from '../domain/mailbox.ts';
import type { SeenAccount } from '../domain/model.ts';
import { orObserve } from './observe.ts';
import { records } from './proxies.ts';
import { knownOf, type PersonRun } from './run/personRun.ts';
import { ended, isoOf, type Ending } from './run/process.ts';
import { runPerson } from './run/run.ts';
import { waitFor } from './run/waits.ts';
import { followNews, type Assignment } from './steps/assignment.ts';
import { correlate } from './steps/correlate.ts';
import { ensureAccount } from './steps/ensureAccount.ts';
import { firstLogin } from './steps/firstLogin.ts';
import { grantAccess } from './steps/grantAccess.ts';
import { acceptance, sendInvitation, withdrawInvitations } from './steps/invitation.ts';
import { unrestorable } from './steps/restore.ts';
import { requestApprovals, wantedAccess } from './steps/wantedAccess.ts';

/** Joiner and rehire: account, invitation, acceptance, and on the first day the access that the policy grants. */
export async function onboarding(input: unknown): Promise<void> {
  await runPerson('onboarding', input, orObserve(onboard));
}

async function onboard(run: PersonRun): Promise<Ending> {
  const { process, mailbox } = run;
  await process.enter('preparing');
  const end = endByRecord(knownOf(run));
  if (end !== undefined) return ended(end, 'joining');
  const [access, found] = await Promise.all([wantedAccess(run), correlate(run)]);
  if (mailbox.event.restore === true) {
    const why = await unrestorable(run, found);
    if (why !== undefined) return ended(why, mailbox.person.employment);
  }
  await requestApprovals(run, access, found);
  const isFirstLoginAwaited = mailbox.terms.activation === 'jit' && (found === undefined || found.status === 'pending');
  return isFirstLoginAwaited ? joinByFirstLogin(run, found) : join(run, access, found);
}

async function joinByFirstLogin(run: PersonRun, pending: SeenAccount | undefined): Promise<Ending> {
  const account = await firstLogin(run, pending);
  if (account === undefined) return notAccepted(run, 'nobody logged in', 'waits again');
  const access = await wantedAccess(run);
  await requestApprovals(run, access, account);
  return join(run, access, account);
}

async function join(run: PersonRun, access: ResolvedAccess, found: SeenAccount | undefined): Promise<Ending> {
  const { process } = run;
  let joiner = await ensureAccount(run, access, found);
  if ('why' in joiner) return ended({ kind: 'failed', detail: joiner.why }, 'joining');
  if (joiner.account.status === 'pending') {
    const invitation = await sendInvitation(run, joiner.account);
    const accepted = await acceptance(run, joiner, invitation);
    if (accepted === undefined) return giveUp(run, joiner.account);
    joiner = accepted;
  }
  joiner = await firstDay(run, joiner);
  await process.enter('changing');
  await grantAccess(run, joiner);
  return { outcome: process.outcome(), employment: 'employed' };
}

async function giveUp(run: PersonRun, account: SeenAccount): Promise<Ending> {
  await withdrawInvitations(run, account);
  const { personId } = run.process;
  await records.notify({ kind: 'invitationNotAccepted', personId, details: {} });
  return notAccepted(run, 'nobody accepted', 'invites again');
}

/** A person who has accepted early waits for the first day. */
async function firstDay(run: PersonRun, accepted: Assignment): Promise<Assignment> {
  const { process, mailbox } = run;
  let joiner = accepted;
  for (;;) {
    const at = Date.parse(mailbox.event.effectiveAt);
    if (at <= Date.now() || !isHire(mailbox.event)) return joiner;
    const hasNews = mailbox.watch();
    await process.enter('scheduled', 'the first day', at);
    await waitFor(hasNews, { at: Math.min(at, mailbox.newsAt), summary: 'the first day' });
    if (mailbox.takeNews()) joiner = await followNews(run, joiner);
  }
}

function notAccepted({ process }: PersonRun, what: string, retry: string): Ending {
  const detail = `${what} by ${isoOf(Date.now())}; \`npx muster person retry\` ${retry}`;
  return { outcome: { kind: 'notAccepted', detail, parts: process.parts }, employment: 'joining' };
}
