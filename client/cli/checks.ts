import { explainFailure } from './failures.ts';

export interface Check {
  readonly name: string;
  readonly status: 'ok' | 'missing' | 'unknown';
  /** What was seen. */
  readonly detail: string;
  /** How to get it. */
  readonly fix?: string;
  /** Muster works without it. */
  readonly optional?: true;
}

/** An unknown result stops nobody: some keys cannot be probed. */
export const isHealthy = (checks: readonly Check[]): boolean =>
  checks.every(({ status, optional }) => optional === true || status !== 'missing');

/** `look` returns what it saw; what it throws makes the check `missing`. */
export async function attemptCheck(name: string, fix: string, look: () => Promise<string>): Promise<Check> {
  try {
    return { name, status: 'ok', detail: await look() };
  } catch (error) {
    return { name, status: 'missing', detail: explainFailure(error), fix };
  }
}
