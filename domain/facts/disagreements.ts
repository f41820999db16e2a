import { standardAttributes } from '../policy/rules.ts';
import { isSameText } from '../text.ts';
import { attributesAt, speaksFor, valuesOf } from './attributes.ts';
import { employmentAt, outrankedWords, type EmploymentWord } from './employment.ts';
import { isOperators, type Ranks } from './ranks.ts';
import { newestFirst, type Statement } from './statements.ts';

/** A source that says otherwise than the record, and whose word does not count. */
interface Disagreement {
  readonly source: string;
  /** What it says of the employment, where the record says otherwise. */
  readonly employment?: EmploymentWord['state'];
  /** Names of the attributes that the record has differently. */
  readonly attributes: readonly string[];
}

export function disagreementsAt(statements: readonly Statement[], ranks: Ranks, at: string): readonly Disagreement[] {
  const record = attributesAt(statements, ranks, at);
  const { state } = employmentAt(statements, ranks, at);
  const outranked = outrankedWords(statements, ranks, at);
  const speaks = speaksFor(statements, ranks, at);
  const bySource = Map.groupBy(
    statements.filter(({ source }) => !isOperators(source)),
    ({ source }) => source,
  );
  return [...bySource].flatMap(([source, said]) => {
    const theirs = employmentAt(said, ranks, at);
    const isOther = theirs.state !== state && outranked.has(theirs.eventId ?? '');
    const lower = said.filter((one) => !speaks(one) && one.kind !== 'leaver');
    const values = valuesOf(newestFirst(lower), Date.parse(at));
    const attributes = standardAttributes.filter((name) => {
      const value = values.get(name);
      return typeof value === 'string' && !isSameText(value, record?.[name] ?? '');
    });
    if (!isOther && attributes.length === 0) return [];
    return [{ source, ...(isOther ? { employment: theirs.state } : {}), attributes }];
  });
}
