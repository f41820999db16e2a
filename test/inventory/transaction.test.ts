import { describe, expect, test } from '@jest/globals';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createApprovalActivities } from '../../activities/approvals/approvals.ts';
import { createEndingActivities } from '../../activities/person/endings.ts';
import type { RecordTransaction, Inventory } from '../../inventory/port/inventory.ts';
import { muteFinding } from '../../client/operations/findings.ts';
import { declareOwner } from '../../client/operations/owners.ts';
import { decideBatch } from '../../client/operations/quarantine.ts';
import { issueToken, revokeToken } from '../../auth/tokens.ts';
import { syncKinds, type KindStates } from '../../domain/sync/kinds.ts';
import { accountOf, atAccount, daysAgo } from '../activities/sync/findings/samples.ts';
import { memoryKeys, operator } from '../support/operators.ts';
import { examplePolicyPath } from '../../config/config.ts';
import { loadPolicy } from '../../policy/file.ts';
import { openDatabases } from './backends.ts';
import { account, approval, at, evidence, joiner } from './samples.ts';
import type { EvidenceEntry } from '../../inventory/port/evidence.ts';
import { acceptName } from '../../client/operations/acceptName.ts';
import { decideHeld } from '../../client/operations/held.ts';
import { budgetOf, removalOf } from '../support/changeBudget.ts';
import { linkAccount, unlinkAccount } from '../../client/operations/links.ts';

const reason = 'as agreed';
const policy = await loadPolicy(examplePolicyPath, { datadogIsSimulator: true });
const keys = memoryKeys();
const whole: KindStates = Object.fromEntries(syncKinds.map((kind) => [kind, { state: 'complete' }]));

/** Nobody's process is open. */
const client = {
  workflow: {
    getHandle: (workflowId: string) => ({
      signal: () => Promise.reject(new WorkflowNotFoundError('none', workflowId, undefined)),
    }),
  },
} as unknown as Client;

interface Decision {
  readonly what: string;
  readonly prepare: (inventory: Inventory) => Promise<unknown>;
  readonly decide: (inventory: Inventory) => Promise<unknown>;
  /** What the decision changes. */
  readonly look: (inventory: Inventory) => Promise<unknown>;
  /** Where it is not in the operator's name. */
  readonly link?: Partial<EvidenceEntry>;
}

const contextOf = (inventory: Inventory) => ({ client, inventory, ...operator });
const muster = { submitEvent: async () => ({ workflowId: 'person/p-1', eventId: 'e-1' }) };
const accountOfPerson = async (inventory: Inventory) => (await inventory.findPerson('p-1'))?.accountId;
const tokens = (inventory: Inventory) => inventory.listTokens();

const decisions: readonly Decision[] = [
  {
    what: 'a link',
    prepare: (inventory) => inventory.receiveEvent(joiner('e-1'), at(0)),
    decide: (inventory) =>
      linkAccount(
        contextOf(inventory),
        { getAccount: async (id) => account(id) },
        { personId: 'p-1', accountId: 'a-1' },
      ),
    look: accountOfPerson,
  },
  {
    what: 'an unlinking',
    prepare: (inventory) => inventory.bindAccount('p-1', 'a-1', at(1)),
    decide: (inventory) => unlinkAccount(contextOf(inventory), 'p-1'),
    look: accountOfPerson,
  },
  {
    what: 'the release of a leaver',
    prepare: async (inventory) => {
      await inventory.receiveEvent(joiner('l-1', { kind: 'leaver' }), at(0));
      await inventory.admitRemoval(removalOf({ at: at(1) }), budgetOf(0));
    },
    decide: (inventory) => decideHeld(contextOf(inventory), { which: { personId: 'p-1' }, verdict: 'release', reason }),
    look: (inventory) => inventory.listHeld(),
  },
  {
    what: 'a muted finding',
    prepare: (inventory) =>
      inventory.writeFindings({
        after: '',
        frozenScopes: new Set<string>(),
        states: whole,
        at: at(1),
        foundAt: 'account',
        found: atAccount(accountOf({ lastLoginAt: daysAgo(200) })),
      }),
    decide: async (inventory) => {
      const [finding] = await inventory.listFindings({ limit: 1, offset: 0 }, at(1));
      return muteFinding(inventory, operator, { id: finding?.id ?? '', until: at(59), reason }, new Date(at(2)));
    },
    look: async (inventory) => (await inventory.listFindings({ limit: 9, offset: 0 }, at(3))).map(({ state }) => state),
  },
  {
    what: 'a declared owner',
    prepare: (inventory) =>
      inventory.writeAccounts({ accounts: [account('s-1', { isServiceAccount: true })], seenAt: at(1) }),
    decide: (inventory) => declareOwner(inventory, operator, 's-1', 'p-1'),
    look: async (inventory) => (await inventory.findNhi('s-1'))?.ownerPersonId,
  },
  {
    what: 'an allowed batch of repairs',
    prepare: (inventory) =>
      inventory.openQuarantine({
        batchId: 'b-1',
        runId: 'r-1',
        openedAt: at(1),
        budget: 1,
        people: [{ personId: 'p-1', subjects: ['p-1/role:r-1'] }],
      }),
    decide: (inventory) =>
      decideBatch({ ...contextOf(inventory), muster }, { batchId: 'b-1', verdict: 'allow', reason }),
    look: async (inventory) => (await inventory.listQuarantines(9)).map(({ state }) => state),
  },
  {
    what: 'an accepted name',
    prepare: (inventory) => inventory.rememberEntitlementIds([{ kind: 'role', name: 'Admin', id: 'r-1' }], at(1)),
    decide: (inventory) => acceptName(contextOf(inventory), { kind: 'role', name: 'Admin' }),
    look: async (inventory) => [...(await inventory.knownEntitlementIds([{ kind: 'role', name: 'Admin' }]))],
  },
  {
    what: 'a new token',
    prepare: async () => undefined,
    decide: (inventory) => issueToken({ inventory, keys }, { role: 'auditor' }, operator),
    look: tokens,
  },
  {
    what: 'a revoked token',
    prepare: (inventory) =>
      inventory.createToken({ id: 't-1', role: 'auditor', createdAt: at(1), expiresAt: at(9), hash: 'h', seal: 's' }),
    decide: (inventory) => revokeToken(inventory, 't-1', operator),
    look: tokens,
  },
  {
    what: 'a decision about an approval',
    prepare: (inventory) => inventory.openApproval(approval()),
    decide: (inventory) => {
      const { decide } = createApprovalActivities({
        inventory,
        policy: () => policy,
        notify: { send: () => undefined },
        attestations: { verify: () => Promise.reject(new Error('nothing is signed')) },
      });
      const said = { decisionId: 'd-1', approvalId: 'ap-1', verdict: 'approve', actor: 'boss@example.com' } as const;
      return locally(() => decide({ personId: 'p-1', eventId: 'e-1' }, said, at(5)));
    },
    look: async (inventory) =>
      (await inventory.listApprovals({})).map(({ state, decisions: made }) => [state, made.length]),
    link: { actor: 'boss@example.com', proof: 'claimed' },
  },
];

/** As a process calls its record. */
const locally = <T>(call: () => Promise<T>): Promise<T> =>
  new MockActivityEnvironment({ isLocal: true }, { logger: new DefaultLogger('ERROR') }).run(call) as Promise<T>;

const withdrawn: Decision = {
  what: 'a withdrawn event',
  async prepare(inventory) {
    await inventory.receiveEvent(joiner('e-1'), at(0));
    await inventory.inTransaction((trx) => trx.withdrawEvent('p-1', 'e-1', { actor: operator.actor, at: at(1) }));
  },
  decide: (inventory) => {
    const { endEvents } = createEndingActivities({
      inventory,
      policy: () => policy,
      notify: { send: () => undefined },
    });
    const outcome = { kind: 'cancelled', parts: [] } as const;
    return locally(() => endEvents('p-1', [{ eventId: 'e-1', outcome }], at(2)));
  },
  look: async (inventory) => (await inventory.findEvent('e-1'))?.outcome?.kind,
  link: { actor: 'muster', reason: `withdrawn by ${operator.actor}` },
};

const linksIn = async (inventory: Inventory) => inventory.listEvidence({ limit: 100, offset: 0 });

describe.each(await openDatabases())('on $name', ({ makeFixture }) => {
  test.each([...decisions, withdrawn])(
    '$what and its link are there both, or neither',
    async ({ prepare, decide, look, link }) => {
      await using fixture = await makeFixture();
      const { inventory } = fixture;
      await prepare(inventory);
      const before = await look(inventory);
      const appendEvidence = () => Promise.reject(new Error('the disk is full'));
      const broken: Inventory = {
        ...inventory,
        appendEvidence,
        inTransaction: <T>(work: (trx: RecordTransaction) => Promise<T>) =>
          inventory.inTransaction((trx) => work({ ...trx, appendEvidence })),
      };
      await expect(decide(broken)).rejects.toThrow('the disk is full');
      expect(await look(inventory)).toEqual(before);
      expect(await linksIn(inventory)).toEqual([]);
      await decide(inventory);
      expect(await look(inventory)).not.toEqual(before);
      expect(await linksIn(inventory)).toMatchObject([link ?? { actor: operator.actor, proof: 'claimed' }]);
    },
  );

  test('simultaneous decisions wait for each other and for writes to Datadog; the chain holds', async () => {
    await using fixture = await makeFixture();
    const { inventory } = fixture;
    const people = Array.from({ length: 12 }, (_, index) => `p-${index}`);
    await Promise.all(
      people.flatMap((personId) => [
        linkAccount(
          contextOf(inventory),
          { getAccount: async (id) => account(id) },
          { personId, accountId: `a-${personId}` },
        ),
        inventory.appendEvidence(evidence('grant', { personId })),
        issueToken({ inventory, keys }, { role: 'approver', personId }, operator, { isFirst: true }),
      ]),
    );
    expect(await inventory.verifyEvidence()).toMatchObject({ ok: true, count: 36 });
    expect(await inventory.listTokens()).toHaveLength(12);
  });
});
