import { findingKinds } from './catalog.ts';
import type { Found } from './found.ts';

/** How many items of one source and way wait for a person; `leaving` are leavers, and items that may be one. */
interface Waiting {
  readonly source: string;
  readonly way: string;
  readonly leaving: number;
  readonly others: number;
  readonly since: string;
}

/** One finding a source and way, and one of its own for leavers: somebody may keep their access because of it. */
export function foundRefusedItems(waiting: readonly Waiting[]): readonly Found[] {
  return waiting.flatMap(({ source, way, leaving, others, since }) => {
    const about = { kind: 'refusedByIntake', scope: source, name: source, since } as const;
    const { severity } = findingKinds.refusedByIntake;
    const all: Found[] = [];
    if (leaving > 0) {
      const evidence = { way, leaversOrUnknown: leaving };
      all.push({ ...about, subject: `${source}/${way}/leaving`, severity: 'high', evidence });
    }
    if (others > 0) all.push({ ...about, subject: `${source}/${way}`, severity, evidence: { way, items: others } });
    return all;
  });
}
