/** Errors of the network, and of a server that is starting, stopping, or takes no more connections now (PostgreSQL, appendix A). */
const awayCodes: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  '53300',
  '57P01',
  '57P02',
  '57P03',
]);
/** The driver gives these no code. */
const awayWords = /timeout (exceeded|expired)|Connection terminated|the database does not answer/;

/** Whether the database did not answer, so that the same may go through later: not where it refused. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (error instanceof AggregateError) return error.errors.some((one) => isDatabaseAway(one));
  // A socket's file is there while its server runs.
  if (code === 'ENOENT') return syscall === 'connect';
  return awayCodes.has(code) || String(code).startsWith('08') || awayWords.test(error.message);
}
