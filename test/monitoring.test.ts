import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { kindsFoundAt } from '../domain/findings/catalog.ts';
import { read, slugsOf } from './support/documents.ts';
import { groupedBy, problemsOfQuery } from './support/promql.ts';
import { sdkSeries, series, shownMetrics } from './support/shownMetrics.ts';

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}
const { groups } = parse(await read('deploy/prometheus/alerts.yaml')) as {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Alert[] }[];
};
const alerts = groups.flatMap(({ rules }) => rules);

test.each(alerts.map((alert) => [alert.alert, alert] as const))(
  'the alert %s asks for what is shown, and says which paragraph is about it',
  async (name, { expr, for: lasting = '0m', labels, annotations: { summary, runbook } }) => {
    expect(problemsOfQuery(expr, series)).toEqual([]);
    expect(['critical', 'warning']).toContain(labels.severity);
    expect(lasting).toMatch(/^\d+[mhd]$/);
    const used = [...summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
    expect(groupedBy(expr)).toEqual(expect.arrayContaining(used));
    const [page = '', heading] = runbook.split('#');
    expect(heading).toBe(name.toLowerCase());
    expect(slugsOf(await read(page))).toContain(heading);
  },
);

test('names of alerts are unique, and the runbook has a paragraph for none that is not there', async () => {
  const names = alerts.map(({ alert }) => alert);
  expect(new Set(names).size).toBe(names.length);
  const headings = [...(await read('docs/runbook.md')).matchAll(/^### (.+)$/gm)].map(([, heading = '']) => heading);
  expect(headings.toSorted()).toEqual(names.toSorted());
});

test('each kind of trouble with Temporal, workers and syncs has an alert', () => {
  const named = alerts.flatMap(({ expr }) => [...expr.matchAll(/finding="(\w+)"/g)].map(([, kind = '']) => kind));
  expect(named.toSorted()).toEqual([...kindsFoundAt('engine')].toSorted());
});

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}
const dashboard = await read('deploy/grafana/muster.json');
const { panels } = JSON.parse(dashboard) as { readonly panels: readonly Panel[] };
const charts = panels.filter(({ type }) => type !== 'row');

test.each(charts.map((panel) => [panel.title, panel] as const))(
  'the panel “%s” asks for what is shown, of the chosen Prometheus',
  (_title, { description, datasource, targets = [] }) => {
    expect(description).toBeTruthy();
    expect(datasource?.uid).toBe('${datasource}');
    expect(targets.length).toBeGreaterThan(0);
    for (const { expr, legendFormat } of targets) {
      expect(problemsOfQuery(expr, series)).toEqual([]);
      const used = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
      expect(groupedBy(expr)).toEqual(expect.arrayContaining(used));
    }
  },
);

test('panels have ids of their own, and no two of them the same place', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
});

test('the dashboard shows everything that Muster says of people, syncs, Datadog and events', () => {
  const unseen = ['muster_sync_complete', 'muster_gateway_reused_ids_total', 'muster_scim_ignored_total'];
  const quick = ['muster_engine_up', 'muster_gateway_request_duration_seconds', 'process_uptime_seconds'];
  const missing = shownMetrics.filter((name) => !dashboard.includes(name));
  expect(missing.toSorted()).toEqual([...unseen, ...quick].toSorted());
});

test.each([
  ['max(muster_leaver) > 0', 'muster_leaver is shown by nobody'],
  ['max(muster_people{state="held"})', 'muster_people has no label state'],
  ['max(muster_people{phase=~"held|late"})', 'phase of muster_people is never late'],
  ['sum by (kind) (muster_people)', 'nothing has the label kind'],
  ['rate(muster_datadog_limiter_wait_seconds_bucket{le="7"}[5m])', 'le of muster_datadog_limiter_wait_seconds_bucket'],
  ['rate(muster_datadog_limiter_wait_seconds[5m])', 'muster_datadog_limiter_wait_seconds is shown by nobody'],
  ['vector(1) > 0', 'asks for nothing'],
])('a query that asks for what is not there is found: %s', (query, problem) => {
  expect(problemsOfQuery(query, series)).toEqual([expect.stringContaining(problem)]);
});

test('of the SDK’s metrics those are listed that somebody asks for', () => {
  const asked = alerts.map(({ expr }) => expr).join('\n') + dashboard;
  expect(Object.keys(sdkSeries).filter((name) => !asked.includes(name))).toEqual([]);
});
