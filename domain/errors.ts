/** Refused by the rules or by a missing authorization. Commands print it and exit with 3. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** The request was sound and could not be carried out. Commands print it and exit with 1. */
export class FailedError extends Error {
  override readonly name = 'FailedError';
}

/** It contradicts what was said before under the same id. Commands print it and exit with 1; over HTTP it is 409. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError';
}

/** What was named does not exist. Commands print it and exit with 1, as for every failure; over HTTP it is 404. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
}

/** A wrong setting or argument. The message names it and the fix; commands print it and exit with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** More than the intake takes now. Nothing of it is kept: the sender repeats it. Commands print it and exit with 1; over HTTP it is 429. */
export class TooMuchError extends Error {
  override readonly name = 'TooMuchError';
  /** `statement`: it is too large by itself. `person`: too many of this person wait. `source`: too many in this minute. */
  readonly bound: 'statement' | 'person' | 'source';
  readonly retryAfterS: number;

  constructor(message: string, { bound, retryAfterS }: Pick<TooMuchError, 'bound' | 'retryAfterS'>) {
    super(message);
    this.bound = bound;
    this.retryAfterS = retryAfterS;
  }
}

/** With what a program of Muster ends because of it. */
export function exitCodeOf(error: unknown): 1 | 2 | 3 {
  if (error instanceof RefusedError) return 3;
  if (!(error instanceof Error)) return 1;
  const isUsage = error instanceof UsageError || ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  return isUsage || error.name === 'PolicyError' ? 2 : 1;
}
