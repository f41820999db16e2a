import { minuteMs } from '../durations.ts';
import { policiesOf, type Instance } from '../instances.ts';
import { catalogEntry, type FindingKind } from './catalog.ts';
import type { Found } from './found.ts';

/** A changed file reaches all processes within this time. */
const spreadMs = 2 * minuteMs;

/** A policy file that the running processes do not take over, and processes that follow different policies. */
export function judgePolicies(instances: readonly Instance[], nowMs: number): readonly Found[] {
  const refusals = [...new Set(instances.flatMap(({ refusal }) => refusal ?? []))].toSorted();
  const settled = instances.filter(({ policySince }) => nowMs - Date.parse(policySince) > spreadMs);
  const policies = new Set(instances.map(({ policyHash }) => policyHash));
  return [
    ...(refusals.length === 0 ? [] : [found('policyRefused', { refusals })]),
    ...(policies.size > 1 && settled.length === instances.length
      ? [found('policiesDiffer', { policies: policiesOf(instances) })]
      : []),
  ];
}

const found = (kind: FindingKind, evidence: Found['evidence']): Found => ({
  kind,
  subject: 'policy',
  scope: 'policy',
  name: 'policy',
  severity: catalogEntry(kind).severity,
  evidence,
});
