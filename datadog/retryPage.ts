import { DatadogFailure, isFailure } from './failures.ts';
import type { Sender } from './http.ts';

/** Between the tries of one page. */
const pausesMs = [250, 1_000, 3_000];

/**
 * Tries one page again where its response was torn, slow, wrongly typed or missing. What still fails then is exhausted: its
 * reader gives up. A page that was refused for the rate is asked again when the window allows it, as often as it takes.
 */
export async function retryPage<T>(http: Sender, readPage: () => Promise<T>): Promise<T> {
  for (let tries = 0; ;) {
    try {
      return await readPage();
    } catch (error) {
      if (!isFailure(error, 'DatadogUnavailable', 'UnexpectedResponse', 'RateLimited')) throw error;
      const { type, message, status, retryAfterMs } = error;
      const isRateLimited = type === 'RateLimited';
      const pauseMs = isRateLimited ? retryAfterMs : pausesMs[tries];
      if (pauseMs === undefined) {
        throw new DatadogFailure(type, message, { isExhausted: true, status });
      }
      if (!(await http.pause(pauseMs))) throw error;
      if (!isRateLimited) tries += 1;
    }
  }
}
