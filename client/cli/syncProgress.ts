import type { SyncProgress } from '../../domain/contracts.ts';

/** One line on a sync that runs: what it reads, how far it is, how fast, and how long it takes yet. */
export function describeProgress({ reading, counts, expected, startedAt }: SyncProgress, nowMs: number): string {
  const { accounts, pages, requests } = counts;
  const total = expected === undefined ? '' : ` of ${format(expected)}`;
  const done = `${format(accounts)}${total} accounts, ${format(pages)} pages, ${format(requests)} requests`;
  const seconds = (nowMs - Date.parse(startedAt)) / 1_000;
  const perSecond = seconds > 0 ? accounts / seconds : 0;
  const pace = perSecond >= 1 ? `, ${format(Math.round(perSecond))} accounts a second` : '';
  const left = (expected ?? 0) - accounts;
  const time = reading === 'accounts' && left > 0 && perSecond > 0 ? `, about ${inWords(left / perSecond)} left` : '';
  return `reading ${reading}: ${done}${pace}${time}`;
}

const format = (count: number): string => count.toLocaleString('en');

function inWords(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5_400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}
