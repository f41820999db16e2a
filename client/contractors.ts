import type { PersonAttributes } from '../workflows/core/model.ts';

/** Of somebody with a contract for a time, somebody here must answer for them, or HR must say when it ends. */
export const contractorProblem = 'a contractor needs an end date or a sponsor: nobody else would ever end their access';

export function lacksEndAndSponsor(
  extra: PersonAttributes['extra'],
  { hasEnd, hasSponsor = false }: { readonly hasEnd: boolean; readonly hasSponsor?: boolean },
): boolean {
  const kinds = [extra?.['contractType'], extra?.['userType']].flat();
  const isContractor = kinds.some((kind) => kind !== undefined && /contractor/i.test(kind));
  return isContractor && !hasEnd && !hasSponsor && extra?.['sponsor'] === undefined;
}
