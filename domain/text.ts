/** The form in which two e-mails, names or ids that people type are compared. */
/** Without e-mail addresses: as Temporal may hold it. */
export const withoutAddresses = (text: string): string =>
  text.replaceAll(/[^\s"'<>(),;:]+@[^\s"'<>(),;:]+/g, '[address]');

export const foldCase = (text: string): string => text.trim().normalize('NFC').toLowerCase();

export const isSameText = (left: string, right: string): boolean => foldCase(left) === foldCase(right);

// ASCII without white space and the punctuation that stands around an address, and the accented Latin letters of European
// names (U+00C0 to U+017F) but for those that look like another letter: dotless i, kra, long s, and n and l with a mark beside.
const part = "(?:[!#-'*+\\-./0-9=?A-Z^-~]|(?![\u00d7\u00f7\u0131\u0138\u013f\u0140\u0149\u017f])[\u00c0-\u017f])+";
const address = new RegExp(`^${part}@${part}$`, 'u');
/** Accents may come as marks of their own. Other letters that Unicode takes for one of these, such as the Kelvin sign, may not. */
const asTyped = /^(?:[!-~\u00c0-\u017f]|\p{Mn})+$/u;

/**
 * One bare e-mail address, without a name or punctuation around it, in letters that are what they look like: nothing
 * invisible, no letter of another script. A domain in another script is written in its ASCII form, xn--….
 */
export const isEmail = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 254 && asTyped.test(value) && address.test(value.normalize('NFC'));

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

/** A name that reads like another one, and in what they differ. */
interface Lookalike {
  readonly name: string;
  /** Such as `case`. */
  readonly differsIn: readonly string[];
}

/** The known names that differ from this one in case, in blanks around them, or in their Unicode form alone. */
export const lookalikes = (name: string, known: readonly string[]): readonly Lookalike[] =>
  [...new Set(known)]
    .filter((one) => one !== name && isSameText(one, name))
    .map((one) => ({ name: one, differsIn: differencesOf(one, name) }));

function differencesOf(one: string, other: string): readonly string[] {
  const [bare, otherBare] = [one.trim(), other.trim()];
  const isBlank = bare.length !== one.length || otherBare.length !== other.length;
  const isForm = bare.normalize('NFC') !== bare || otherBare.normalize('NFC') !== otherBare;
  return [
    ...(bare.normalize('NFC') === otherBare.normalize('NFC') ? [] : ['case']),
    ...(isBlank ? ['blanks around it'] : []),
    ...(isForm ? ['Unicode form'] : []),
  ];
}

/** In double quotes, as YAML reads it; marks that stand for themselves are escaped, since nobody sees them. */
export const quoted = (name: string): string =>
  JSON.stringify(name).replaceAll(/\p{M}/gu, (mark) =>
    [...mark.split('')].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  );

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

/** Whether an id has no letter that nobody sees: two that look alike would be two people. */
export const isPlainId = (value: string): boolean => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(value) && value.isWellFormed();
