import type { Series } from './shownMetrics.ts';

/** Enough of PromQL to see that a query asks for what there is; whether it is well formed only Prometheus says. */

const words = new Set(
  (
    'abs absent and avg by bool clamp_max clamp_min count group group_left group_right histogram_quantile ignoring increase label_replace ' +
    'max max_over_time min min_over_time offset on or rate sum time topk unless vector without'
  ).split(' '),
);

/** What a query names that nothing shows, in words. */
export function problemsOfQuery(query: string, series: ReadonlyMap<string, Series>): readonly string[] {
  const problems: string[] = [];
  const asked: string[] = [];
  for (const [, name = '', matchers = ''] of query.matchAll(/\b([a-z]\w*_\w+)\b(?!\s*\()(?:\{([^}]*)\})?/g)) {
    if (words.has(name) || isGrouping(query, name)) continue;
    const known = series.get(name);
    asked.push(name);
    if (known === undefined) {
      problems.push(`${name} is shown by nobody`);
      continue;
    }
    for (const [, label = '', operator = '', value = ''] of matchers.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)) {
      if (!known.labels.has(label)) problems.push(`${name} has no label ${label}`);
      const values = known.labels.get(label);
      const named = operator.endsWith('~') ? value.split('|') : [value];
      const unknown = values === undefined ? [] : named.filter((one) => !values.includes(one));
      problems.push(...unknown.map((one) => `${label} of ${name} is never ${one}`));
    }
  }
  if (asked.length === 0) problems.push('asks for nothing');
  // One of those that are asked for must have it; Prometheus itself adds from where it was read.
  const labels = new Set([
    ...['job', 'instance'],
    ...asked.flatMap((name) => [...(series.get(name)?.labels.keys() ?? [])]),
  ]);
  problems.push(...groupedBy(query).flatMap((label) => (labels.has(label) ? [] : [`nothing has the label ${label}`])));
  return problems;
}

/** Labels in `by (…)` and `on (…)`. */
export const groupedBy = (query: string): readonly string[] =>
  [...query.matchAll(/\b(?:by|on|without|ignoring) \(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(/\s*,\s*/).filter((label) => label !== ''),
  );

const isGrouping = (query: string, name: string): boolean => groupedBy(query).includes(name);
