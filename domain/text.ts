/** The form in which two e-mails, names or ids that people type are compared. */
export const foldCase = (text: string): string => text.trim().normalize('NFC').toLowerCase();

export const isSameText = (left: string, right: string): boolean => foldCase(left) === foldCase(right);

const address = /^[^\s@"<>(),;:\\[\]\p{Cc}]+@[^\s@"<>(),;:\\[\]\p{Cc}]+$/u;

/** One bare e-mail address, without a name or punctuation around it. */
export const isEmail = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 254 && address.test(value);

export const domainOf = (email: string): string => foldCase(email.slice(email.lastIndexOf('@') + 1));

/** At most three of the known names, the most similar first: by the pairs of neighboring letters that two names share. */
export function similarNames(name: string, known: readonly string[]): readonly string[] {
  const wanted = pairsOf(name);
  return known
    .map((candidate) => ({ candidate, similarity: similarityOf(wanted, pairsOf(candidate)) }))
    .filter(({ similarity }) => similarity >= 0.5)
    .toSorted((left, right) => right.similarity - left.similarity)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Each pair in alphabetical order, so that two letters swapped by mistake cost little. */
function pairsOf(name: string): ReadonlySet<string> {
  const letters = ` ${foldCase(name)} `.split('');
  return new Set(
    letters.slice(1).map((letter, at) => {
      const before = letters[at] ?? '';
      return before < letter ? before + letter : letter + before;
    }),
  );
}

const similarityOf = (left: ReadonlySet<string>, right: ReadonlySet<string>): number =>
  (2 * [...left].filter((pair) => right.has(pair)).length) / (left.size + right.size);
