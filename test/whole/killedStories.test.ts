import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { play, type Story } from '../support/killedWorker.ts';
import { openKillStage, type KillStage, type KillStageOptions } from '../support/killStage.ts';
import { expectOneLinkAWrite } from '../support/ledger.ts';
import { knowPerson } from '../support/muster.ts';
import { accessStories } from './stories/access.ts';
import { administratorStories, scopedKeys } from './stories/administrators.ts';
import { approvalStories } from './stories/approvals.ts';
import { changeBudgetStories } from './stories/changeBudget.ts';
import { correlationStories } from './stories/correlation.ts';
import { leaveStories } from './stories/leaves.ts';
import { admin, itLead, lead } from './stories/names.ts';
import { undoStories } from './stories/undo.ts';

/**
 * What may go wrong in an existing organization, with the worker killed while it does: a write is asked of Datadog whose
 * reply never comes, or something is waited for. The end is the same, read by Datadog's own client.
 */

/** Against a process that is stuck, not a measure. */
const endsWithinMs = 540_000;
/** Leaves that these stories leave waiting for their day. */
const left = ['boss-who-leaves'];

const policy = (rest: string): string => `version: 1
rules:
  - { name: everyone, roles: Datadog Read Only Role }
  - { name: engineering, when: { department: Engineering }, roles: Datadog Standard Role, teams: engineering }
${rest}`;

const existing = policy(`
  - { name: sre, when: { department: SRE }, roles: Datadog Admin Role, approval: { people: ${lead}, manager: true, fallback: ${itLead} } }
  - { name: vault, when: { department: Vault }, roles: Datadog Standard Role, approval: { people: old-lead@example.com, fallback: ${itLead} } }
  - { name: deploy, when: { department: Deploy }, roles: Deployers, approval: { people: ${lead}, fallback: ${itLead} } }
  - { name: operations, when: { department: Operations }, roles: On call }
  - { name: legacy, when: { department: Legacy }, roles: Legacy }
identity: { allowedDomains: [example.com] }
approvals: { acceptClaimed: false, default: { people: ${lead}, fallback: ${itLead} } }
offboarding: { changeBudget: { atLeast: 1000 } }
`);

together('in an organization with many manual changes,', {
  options: { policy: existing },
  stories: { ...correlationStories, ...leaveStories, ...undoStories, ...approvalStories, ...accessStories },
});
together('in an organization that gave Muster the three scopes and no more,', {
  options: { policy: policy('onboarding: { giveUpAfter: 60 seconds }\n'), keys: scopedKeys },
  stories: administratorStories,
});
together('in an organization that makes accounts by SSO,', {
  options: { policy: policy('onboarding: { activation: jit }\n') },
  stories: changeBudgetStories,
});

const isPrivileged = (after: unknown): boolean => [admin, 'Deployers'].includes((after as { name: string }).name);

async function playIn(where: string, { options, stories }: World) {
  const beganAt = Date.now();
  await using opened = new AsyncDisposableStack();
  const stage = opened.use(await openKillStage(options));
  await knowPerson(stage, 'lead', lead);
  await knowPerson(stage, 'it', itLead);
  const ends = await play(stage, stories);
  process.stderr.write(`killed ${where} ${Object.keys(stories).length} stories in ${Date.now() - beganAt} ms\n`);
  opened.move();
  return { stage, ends };
}

interface World {
  readonly options: KillStageOptions;
  readonly stories: Readonly<Record<string, Story>>;
}

function together(where: string, { options, stories }: World): void {
  const played = Promise.withResolvers<Awaited<ReturnType<typeof playIn>>>();
  // Whether it failed is told where it is awaited.
  played.promise.catch(() => undefined);
  // All worlds at once: each mostly waits.
  beforeAll(() => void playIn(where, { options, stories }).then(played.resolve, played.reject));
  describe(`a worker is killed ${where} and`, () => {
    let stage: KillStage;
    let ends: Awaited<ReturnType<typeof play>>;
    beforeAll(async () => ({ stage, ends } = await played.promise), endsWithinMs);
    afterAll(() => stage?.[Symbol.asyncDispose]());

    test.each(Object.keys(stories))('%s', (title) => {
      const end = ends.get(title);
      if (end?.status !== 'fulfilled') throw end?.reason;
      expect(end.status).toBe('fulfilled');
    });

    test('nobody was granted a privileged role before its approval', async () => {
      const links = await stage.inventory.listEvidence({ limit: 10_000, offset: 0 });
      const given = links.filter(({ action, after }) => action === 'assign role' && isPrivileged(after));
      const allowed = links.filter(({ action }) => action === 'approve');
      for (const { personId, seq } of given) {
        expect(allowed.some((one) => one.personId === personId && one.seq < seq)).toBe(true);
      }
    });

    test('each write has one link of evidence, no event is lost, and no process has failed', async () => {
      await expectOneLinkAWrite({ inventory: stage.inventory, simulator: { ...stage.simulator, ...stage.gate } });
      const waiting = await stage.inventory.waitingEvents({ limit: 1_000 });
      expect(waiting.map(({ event }) => event.personId).filter((personId) => !left.includes(personId))).toEqual([]);
      const query = 'ExecutionStatus IN ("Failed", "TimedOut", "Terminated", "Canceled")';
      expect(await stage.client.workflow.count(query)).toMatchObject({ count: 0 });
    });
  });
}
