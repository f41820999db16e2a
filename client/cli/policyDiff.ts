import { resolve } from 'node:path';
import type { PersonAttributes } from '../../domain/model.ts';
import type { PolicyInForce } from '../../domain/instances.ts';
import type { AccessChange } from '../../domain/policy/diff.ts';
import { readAll } from '../../domain/pages.ts';
import { compareInForce } from './inForce.ts';
import { loadPolicyFile, withInventory } from './open.ts';
import { renderTable } from './table.ts';
import type { Shell } from './shell.ts';

interface PolicyDiff {
  readonly old: string;
  readonly new: string;
  /** How many people are known. People who have left are not counted. */
  readonly people: number;
  /** What the running processes follow; `same` as the older file. */
  readonly policyInForce?: PolicyInForce;
  readonly changes: readonly (AccessChange & { readonly personId: string; readonly email: string })[];
}

/** What people in the inventory would gain and lose. */
export async function diffPolicies(shell: Shell, old: string, young: string): Promise<PolicyDiff> {
  const { compareAccess, isChange } = await import('../../domain/policy/diff.ts');
  // The older one may be from before Datadog was a site: both are only compared.
  const [before, after] = [await load(shell, old), await load(shell, young)];
  return withInventory(shell, async (inventory) => {
    const rows = await readAll((limit, offset) => inventory.listPeople({ limit, offset }));
    const people = rows.flatMap(({ personId, employment, attributes }) =>
      employment === 'left' || attributes === undefined ? [] : [{ personId, attributes }],
    );
    const compare = (attributes: PersonAttributes) => compareAccess(before, after, attributes);
    const changes = people
      .map(({ personId, attributes }) => ({ personId, email: attributes.email, ...compare(attributes) }))
      .filter(isChange);
    const policyInForce = await compareInForce(shell, inventory, { file: old, policy: before, level: 'note' });
    return { old: before.hash, new: after.hash, people: people.length, changes, policyInForce };
  });
}

const load = (shell: Shell, file: string) => loadPolicyFile(resolve(shell.cwd, file), true);

export function renderDiff(shell: Shell, { people, changes }: PolicyDiff): string {
  const rows = changes.flatMap(({ personId, gains, loses, needsApprovalNow }) => [
    ...gains.map(({ kind, name, onApproval }) => [personId, onApproval ? 'gains once approved' : 'gains', kind, name]),
    ...loses.map(({ kind, name }) => [personId, 'loses', kind, name]),
    ...needsApprovalNow.map(({ kind, name }) => [personId, 'needs approval now', kind, name]),
  ]);
  const head = `${changes.length} of ${people} people would gain or lose something.`;
  if (rows.length === 0) return head;
  const note = 'Nobody loses what Muster neither granted nor adopted: it is reported as excess.';
  return `${head}\n${renderTable(shell, ['person', 'what', 'kind', 'name'], rows)}\n${note}`;
}
