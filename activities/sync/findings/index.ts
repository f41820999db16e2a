import { heartbeat } from '@temporalio/activity';
import { accountFindings, isUncorrelated, uncorrelatedSummary } from '../../../domain/findings/accounts.ts';
import { isEmergencyAccount, pinnedAccounts, policyNames } from '../../../domain/pins.ts';
import type { Policy } from '../../../domain/policy/rules.ts';
import { ranksOf } from '../../../domain/facts/ranks.ts';
import { sourcesThatDisagree } from '../../../domain/findings/disagreements.ts';
import { driftFindings } from '../../../domain/findings/drift.ts';
import type { KindStates } from '../../../domain/sync/kinds.ts';
import { keyFindings } from '../../../domain/findings/keys.ts';
import { duplicateRoleNames, rolesUndoneByMappings } from '../../../domain/findings/roles.ts';
import { missingFromRosters } from '../../../domain/findings/rosters.ts';
import type { AccountPageSnapshot, OrganizationSnapshot } from '../../../inventory/port/snapshots.ts';
import type { RepairCandidate } from '../../../inventory/port/repairs.ts';
import type { Inventory } from '../../../inventory/port/inventory.ts';
import { contextOf, type Context } from './context.ts';
import { createPages, type Pages } from './pages.ts';
import { repairOrHold, type RepairResult } from './repair.ts';
import type { Dependencies } from '../../dependencies.ts';
import { domainOf } from '../../../domain/text.ts';
import { frozenBecause, type Found } from '../../../domain/findings/found.ts';
import { heldRemovals, heldRepairs } from '../../../domain/findings/repairs.ts';

interface AssessmentInput {
  readonly runId: string;
  /** When the run began to read: what was written since then may have been read before that. */
  readonly startedAt: string;
  /** What this run read whole: only that opens and closes findings. */
  readonly states: KindStates;
}

export interface Assessment extends RepairResult {
  /** Open and not muted. */
  readonly findings: number;
  readonly opened: number;
  readonly closed: number;
}

interface Assessing {
  readonly inventory: Inventory;
  readonly pages: Pages;
  readonly organization: OrganizationSnapshot;
  readonly context: Context;
  readonly input: AssessmentInput;
}

export function createFindingActivities({ inventory, policy, signals }: Dependencies) {
  return {
    /**
     * Compares what a sync has read with what should be: opens and closes findings, and has drift mended or held as the
     * policy says. May be repeated: a known finding is not opened again, and a repair is submitted once per run.
     */
    async assess(input: AssessmentInput): Promise<Assessment> {
      const now = new Date();
      const rules = policy();
      const at = now.toISOString();
      const organization = await inventory.readOrganization(at);
      const context = contextOf(organization, rules, await accountsApart(inventory, rules, input, at), now.getTime());
      const pages = createPages(inventory, { states: input.states, at, onPage: heartbeat });
      const assessing: Assessing = { inventory, pages, organization, context, input };

      const uncorrelated = await assessAccounts(assessing);
      const candidates = await assessPeople(assessing);
      await pages.goThrough('roster', inventory.absenceSnapshots, (snapshots) => ({
        found: missingFromRosters(snapshots),
      }));
      await pages.goThrough('statement', inventory.statementSnapshots, (snapshots) => ({
        found: snapshots.flatMap((one) => sourcesThatDisagree(one, ranksOf(rules), at)),
      }));
      await pages.goThrough('key', inventory.keySnapshots, (snapshots) => ({
        found: snapshots.flatMap((one) => keyFindings(one, context)),
      }));
      const repaired = await repairOrHold({ inventory, signals, policy: rules, input, organization, candidates, at });
      await pages.write('organization', {
        found: [
          ...uncorrelated,
          ...heldRepairs(repaired.held),
          ...heldRemovals(await inventory.listHeld()),
          ...duplicateRoleNames(organization.roles),
          ...rolesUndoneByMappings(organization.roles, organization.roleMappings),
        ],
      });
      return { findings: await inventory.countOpenFindings(at), ...pages.counts, ...repaired };
    },
  };
}

/** The accounts that the policy sets apart. Names that it uses for the first time mean what a sync that read all accounts has found. */
async function accountsApart(inventory: Inventory, policy: Policy, { states }: AssessmentInput, at: string) {
  if (states.accounts?.state === 'complete') {
    const names = policyNames(policy).filter(({ use }) => use !== 'approver');
    await inventory.pinNames(names, { policyHash: policy.hash, at });
  }
  return pinnedAccounts(policy, await inventory.listPins('emergency'), await inventory.listIgnoredAccounts());
}

/** Accounts one by one; those that belong to nobody, where no roster says who there should be, are one finding together. */
async function assessAccounts({
  inventory,
  pages,
  organization,
  context,
  input,
}: Assessing): Promise<readonly Found[]> {
  const { busyPeople, leaving } = organization;
  const byDomain = new Map<string, number>();
  const isInMotion = ({ person, finishedAt }: AccountPageSnapshot) =>
    person !== undefined && (busyPeople.has(person.personId) || wasChangedSince(finishedAt, input));
  await pages.goThrough('account', inventory.accountSnapshots, (snapshots) => {
    for (const one of snapshots) {
      const domain = domainOf(one.account.email);
      const isCounted = isUncorrelated(one, context) && !isEmergencyAccount(one.account, context);
      if (isCounted && !context.completeDomains.has(domain)) byDomain.set(domain, (byDomain.get(domain) ?? 0) + 1);
    }
    return {
      found: snapshots.flatMap((one) => {
        const isLeaving = one.person !== undefined && leaving.has(one.person.personId);
        return accountFindings({ ...one, isLeaving }, context);
      }),
      frozen: snapshots.filter(isInMotion).map(({ account }) => account.id),
    };
  });
  return uncorrelatedSummary(byDomain);
}

/** What a person who has no open process should hold, against what they hold. Returns the people whose drift a reconcile would mend. */
async function assessPeople({ inventory, pages, organization, context, input }: Assessing) {
  const candidates: RepairCandidate[] = [];
  const isInMotion = (one: { readonly personId: string; readonly finishedAt?: string }) =>
    organization.busyPeople.has(one.personId) || wasChangedSince(one.finishedAt, input);
  await pages.goThrough('person', inventory.personSnapshots, (snapshots) => {
    const settled = snapshots.filter((one) => !isInMotion(one));
    const found = settled.flatMap((one) => driftFindings(one, context));
    const repairable = found.filter(
      (one) => one.isRepairable === true && frozenBecause(one, input.states) === undefined,
    );
    for (const [personId, drift] of Map.groupBy(repairable, ({ scope }) => scope)) {
      candidates.push({ personId, subjects: drift.map(({ subject }) => subject).toSorted() });
    }
    return { found, frozen: snapshots.filter(isInMotion).map(({ personId }) => personId) };
  });
  return candidates;
}

const wasChangedSince = (finishedAt: string | undefined, { startedAt }: AssessmentInput): boolean =>
  finishedAt !== undefined && finishedAt >= startedAt;
