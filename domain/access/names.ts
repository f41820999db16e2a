/** Datadog takes at most this many characters in a person's name. */
const longestName = 55;

/**
 * The name as Datadog takes it: at most 55 characters, without `<` and `>`; `undefined` where nothing is left. What is
 * sent and what is compared go through here, so that a name which does not fit is cut once and then counts as equal.
 */
export function fitName(name: string | undefined): string | undefined {
  const fitted = name
    ?.replaceAll(/[<>]/g, '')
    .trim()
    .slice(0, longestName)
    // Half of a character that takes two units.
    .replace(/[\uD800-\uDBFF]$/, '')
    .trim();
  return fitted === '' ? undefined : fitted;
}
