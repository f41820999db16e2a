const fewest = 0.5;

/** At most three of the known names, the most similar first: by the pairs of letters that two names share. */
export function similarNames(name: string, known: readonly string[]): readonly string[] {
  const wanted = pairsOf(name);
  return known
    .map((candidate) => ({ candidate, similarity: similarityOf(wanted, pairsOf(candidate)) }))
    .filter(({ similarity }) => similarity >= fewest)
    .toSorted((left, right) => right.similarity - left.similarity)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

function pairsOf(name: string): ReadonlySet<string> {
  const text = ` ${name.toLowerCase()} `;
  return new Set(Array.from({ length: text.length - 1 }, (_, index) => text.slice(index, index + 2)));
}

const similarityOf = (left: ReadonlySet<string>, right: ReadonlySet<string>): number =>
  (2 * [...left].filter((pair) => right.has(pair)).length) / (left.size + right.size);
