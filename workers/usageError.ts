/** Something a person set or typed is wrong. The message names it and the fix; commands print it and exit with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
