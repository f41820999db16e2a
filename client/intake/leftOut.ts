import { TooMuchError } from '../../domain/errors.ts';

/** People of one request whose events the intake does not take now. The others go on; what is left out is said at the end. */
export class LeftOut {
  readonly #people = new Map<string, TooMuchError>();

  /** Undefined where the event, or an earlier one of the same person, is left out: their order counts. */
  async unlessTooMuch<T>(personId: string, submit: () => Promise<T>): Promise<T | undefined> {
    if (this.#people.has(personId)) return undefined;
    try {
      return await submit();
    } catch (error) {
      if (!(error instanceof TooMuchError)) throw error;
      this.#people.set(personId, error);
      return undefined;
    }
  }

  /** What was found to be above a bound. */
  add(personId: string, error: TooMuchError): void {
    if (!this.#people.has(personId)) this.#people.set(personId, error);
  }

  /** Throws for all of them at once, where there are some. */
  throwFirst(): void {
    const [first, ...others] = this.#people.values();
    if (first === undefined) return;
    const { message, bound, retryAfterS } = first;
    const more = others.length === 0 ? '' : ` (and ${others.length} more people; everybody else is taken)`;
    throw new TooMuchError(`${message}${more}`, { bound, retryAfterS });
  }
}
