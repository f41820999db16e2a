import type { PersonRunInput } from '../domain/contracts.ts';
import { isHire } from '../domain/mailbox.ts';
import type { Account, HrEvent, Invitation, PersonAttributes } from '../domain/model.ts';
import { endByRecord } from '../domain/access/earlyEnd.ts';
import type { ResolvedAccess } from '../domain/access/plan.ts';
import { askForApprovals, outcomeOf } from './steps/access.ts';
import { alignAccount, changeAccount } from './steps/attributes.ts';
import { correlate } from './steps/correlate.ts';
import { enable, type Enabled } from './steps/enable.ts';
import { isoOf, type PersonRun } from './run/personRun.ts';
import { firstLogin, latest } from './steps/firstLogin.ts';
import { accessFor, unrestorable } from './steps/restore.ts';
import { newsAt, runPerson, takeNews } from './run/run.ts';
import { acceptancePoll, datadog, records } from './proxies.ts';
import { alongside, waitFor } from './run/waits.ts';
import { throwUnlessFailed } from './run/cancellation.ts';
import { becauseOf } from './steps/grants.ts';
import { ended, type Ending } from './run/story.ts';

/** Joiner and rehire: account, invitation, acceptance, and on the first day the access that the policy gives. */
export async function onboarding(input: PersonRunInput): Promise<void> {
  await runPerson('onboarding', input, onboard);
}

async function onboard(run: PersonRun): Promise<Ending> {
  await run.enter('preparing');
  const attributes = run.attributes;
  if (attributes === undefined) return ended(endByRecord(run.known), 'joining');

  let [access, found] = await Promise.all([accessFor(run, eventOf(run), attributes), correlate(run)]);
  if (eventOf(run).restore === true) {
    const end = await unrestorable(run, found);
    if (end !== undefined) return ended(end, run.record.employment);
  }
  await askForApprovals(run, access, found);
  if (run.activation === 'jit' && (found === undefined || found.status === 'pending')) {
    found = await firstLogin(run, found, () => correlate(run));
    if (found === undefined) return notLoggedIn(run);
    access = await accessFor(run, eventOf(run), latest(run));
    await askForApprovals(run, access, found);
  }

  const before = run.attributes;
  const ensured = await ensureAccount(run, latest(run), found);
  if ('why' in ensured) return failed(ensured.why);
  const story: Onboarding = { access, account: ensured.account };
  run.account = story.account;
  if (run.attributes !== before) await takeOver(run, story);
  if (story.account.status === 'pending' && !(await acceptance(run, story))) return giveUp(run, story.account);
  await firstDay(run, story);
  await run.enter('changing');
  await changeAccount(run, eventOf(run), story.access, story.account);
  return { outcome: outcomeOf(run.parts), employment: 'employed' };
}

interface Onboarding {
  access: ResolvedAccess;
  account: Account;
}

async function ensureAccount(run: PersonRun, attributes: PersonAttributes, found?: Account): Promise<Enabled> {
  const because = becauseOf(run, eventOf(run));
  if (found === undefined) return { account: await run.allowed(() => datadog.createAccount(attributes, because)) };
  if (found.status !== 'disabled') return { account: await alignAttributes(run, found, attributes) };
  const enabled = await enable(run, found, () => eventOf(run));
  return 'why' in enabled ? enabled : { account: await alignAttributes(run, enabled.account, latest(run)) };
}

async function alignAttributes(run: PersonRun, account: Account, attributes: PersonAttributes): Promise<Account> {
  return alignAccount(run, eventOf(run), account, attributes);
}

/** Invites, and invites again before each link dies, until the person has accepted or the time is up. */
async function acceptance(run: PersonRun, story: Onboarding): Promise<boolean> {
  const giveUpAt = Date.now() + run.processTimes.giveUpAfterMs;
  const { id } = story.account;
  let isPolled = false;
  const invitation = await invite(run, story.account, 1);
  return alongside(
    async () => {
      // Without the fallback there is still the sync's signal.
      while (await run.allowed(() => acceptancePoll.awaitAcceptance(id)).then(() => true, ignoreFailure)) {
        isPolled = true;
        // It may read back as something else: then it is polled for again, with the poll's pauses.
        await waitFor(() => !isPolled);
      }
    },
    () =>
      accepted(run, story, invitation, {
        giveUpAt,
        isSeen: () => isPolled || run.activated.has(id),
        forget: () => (isPolled = false),
      }),
  );
}

interface Acceptance {
  readonly giveUpAt: number;
  /** Whether somebody says that the person has accepted. */
  readonly isSeen: () => boolean;
  readonly forget: () => void;
}

async function accepted(
  run: PersonRun,
  story: Onboarding,
  first: Invitation,
  { giveUpAt, isSeen, forget }: Acceptance,
): Promise<boolean> {
  let [invitation, round] = [first, 1];
  for (;;) {
    const resendAt = resendTime(run, invitation);
    await run.enter('waitingForAcceptance', 'the person to accept the invitation', giveUpAt);
    const [waiting, event] = [run.waiting, run.event];
    await waitFor(() => isSeen() || run.waiting !== waiting || run.event !== event, {
      at: Math.min(resendAt, giveUpAt, newsAt(run)),
      summary: 'until it is accepted: invites again, or gives up',
    });
    if (isSeen()) {
      if (await isActive(run, story)) return true;
      forget();
    } else if (takeNews(run)) {
      const email = story.account.email;
      await takeOver(run, story);
      if (story.account.email !== email) invitation = await invite(run, story.account, (round += 1));
    } else if (Date.now() >= giveUpAt) {
      return false;
    } else if (Date.now() >= resendAt) {
      invitation = await invite(run, story.account, (round += 1));
      await records.notify({
        kind: 'invitationResent',
        personId: run.personId,
        to: managersOf(run),
        details: { round, until: invitation.expiresAt },
      });
    }
  }
}

function ignoreFailure(error: unknown): false {
  throwUnlessFailed(error);
  return false;
}

/** A signal comes from anywhere, so what it says is read back. */
async function isActive(run: PersonRun, story: Onboarding): Promise<boolean> {
  const { account } = await run.allowed(() => datadog.correlateAccount({ personId: run.personId }));
  run.activated.delete(story.account.id);
  if (account === undefined || account.status !== 'active') {
    run.refuse('accountActivated signal', `account ${story.account.id} reads back as ${account?.status ?? 'gone'}`);
    return false;
  }
  story.account = account;
  run.account = account;
  run.note('the invitation was accepted');
  return true;
}

async function invite(run: PersonRun, account: Account, round: number): Promise<Invitation> {
  const invitation = await run.allowed(() =>
    datadog.sendInvitation.executeWithOptions({ summary: `invitation ${round}` }, [
      account.id,
      becauseOf(run, eventOf(run)),
      round,
    ]),
  );
  run.note(`invitation ${round} sent, valid until ${invitation.expiresAt}`);
  return invitation;
}

/** Early enough before the link dies; never at once again, should Datadog's clock and ours disagree. */
function resendTime(run: PersonRun, { expiresAt }: Invitation): number {
  const wanted = Date.parse(expiresAt) - run.processTimes.resendBeforeMs;
  return Math.max(wanted, Date.now() + 60_000);
}

/** News that came while waiting changes in place what is wanted. */
async function takeOver(run: PersonRun, story: Onboarding): Promise<void> {
  const attributes = run.attributes;
  if (attributes === undefined) return;
  story.access = await accessFor(run, eventOf(run), attributes);
  await askForApprovals(run, story.access, story.account);
  story.account = await alignAttributes(run, story.account, attributes);
  run.account = story.account;
  run.note('changed in place by a newer event');
}

/** Who has accepted early waits for the first day. */
async function firstDay(run: PersonRun, story: Onboarding): Promise<void> {
  for (;;) {
    const at = Date.parse(eventOf(run).effectiveAt);
    if (at <= Date.now() || !isHire(eventOf(run))) return;
    await run.enter('scheduled', 'the first day', at);
    const [waiting, event] = [run.waiting, run.event];
    await waitFor(() => run.waiting !== waiting || run.event !== event, {
      at: Math.min(at, newsAt(run)),
      summary: 'the first day',
    });
    if (takeNews(run)) await takeOver(run, story);
  }
}

/** Nobody accepted: the link is taken back, the account stays Pending without roles, a later activation starts it again. */
async function giveUp(run: PersonRun, account: Account): Promise<Ending> {
  await run.allowed(() => datadog.cancelInvitations(account.id, becauseOf(run, eventOf(run))));
  await records.notify({ kind: 'invitationNotAccepted', personId: run.personId, to: managersOf(run), details: {} });
  const detail = `nobody accepted by ${isoOf(Date.now())}; \`npx muster person retry\` invites again`;
  return { outcome: { kind: 'notAccepted', detail, parts: run.parts }, employment: 'joining' };
}

function notLoggedIn(run: PersonRun): Ending {
  const detail = `nobody logged in by ${isoOf(Date.now())}; \`npx muster person retry\` waits again`;
  return { outcome: { kind: 'notAccepted', detail, parts: run.parts }, employment: 'joining' };
}

function failed(detail: string): Ending {
  return { outcome: { kind: 'failed', detail, parts: [] }, employment: 'joining' };
}

function managersOf(run: PersonRun): readonly string[] {
  return run.attributes?.manager === undefined ? [] : [run.attributes.manager];
}

/** The event may be replaced by a newer one while the story goes on. */
function eventOf(run: PersonRun): HrEvent {
  if (run.event === undefined) throw new Error('a story has an event');
  return run.event;
}
