import type { PersonAttributes } from './model.ts';

/** A contractor has an end date or a sponsor who is responsible for them. Undefined where that holds. */
export function contractorProblem(
  extra: PersonAttributes['extra'],
  { hasEnd, hasSponsor = false }: { readonly hasEnd: boolean; readonly hasSponsor?: boolean },
): string | undefined {
  const kinds = [extra?.['contractType'], extra?.['userType']].flat();
  const isContractor = kinds.some((kind) => kind !== undefined && /contractor/i.test(kind));
  if (!isContractor || hasEnd || hasSponsor || extra?.['sponsor'] !== undefined) return undefined;
  return 'a contractor needs an end date or a sponsor: nobody else would ever end their access';
}
