import { describe, expect, test } from '@jest/globals';
import { startSimulator } from '../../simulator/index.ts';
import {
  attributesOf,
  idOf,
  typeOf,
  dataOf,
  isConcerned,
  loadScenarios,
  objectsIn,
  splitByOrg,
  type Exchange,
  type Scenario,
} from '../support/recordings.ts';
import { replay, type Finding } from '../support/replay.ts';
import { pathsOf, withinThing } from '../support/shapes.ts';

const scenarios = loadScenarios();

/** Scenarios that cannot agree, and why. */
const knownDisagreements: Readonly<Record<string, string>> = {
  'TestTeamMembershipsResources.test_resource_update_sync_per_file (datadog-sync-cli)':
    'the recording lacks the requests by which the members left before they are read as gone',
};

/** Concerned scenarios whose every response agrees. Raise it when the simulator learns more; never lower it. */
const floor = 191;

describe('recorded exchanges', () => {
  if (scenarios === undefined) {
    // oxlint-disable-next-line jest/expect-expect, jest/no-disabled-tests -- it only says why nothing is replayed
    test.skip('are not replayed: ../shared/datadog/recorded-exchanges.jsonl is not beside the repository', () => {});
    return;
  }
  test('are answered by the simulator with the same status, shape and error text', async () => {
    const attested = attest(scenarios);
    const names = permissionNames(scenarios);
    const outcomes = new Map<string, readonly Finding[]>();
    const laterFormat = new Set<string>();
    const failures = new Map<string, string>();
    const unconcerned = scenarios.flatMap((scenario) =>
      scenario.exchanges.filter((exchange) => !isConcerned(exchange)),
    );
    for (const scenario of scenarios) {
      const concerned = scenario.exchanges.filter(isConcerned);
      if (concerned.length === 0) continue;
      const findings: Finding[] = [];
      for (const part of splitByOrg({ ...scenario, exchanges: concerned })) {
        try {
          findings.push(...(await play(part, names)));
        } catch (error) {
          failures.set(scenario.name, String(error));
        }
      }
      const unattested = findings.filter((finding) => !attested(finding));
      if (unattested.length < findings.length) laterFormat.add(scenario.name);
      outcomes.set(scenario.name, unattested);
    }
    const agreeing = [...outcomes].filter(([name, findings]) => findings.length === 0 && !failures.has(name));
    const exactly = agreeing.filter(([name]) => !laterFormat.has(name)).length;
    report(outcomes, failures, { exactly, later: agreeing.length - exactly }, unconcerned);
    const disagreeing = [...outcomes.keys()].filter((name) => !agreeing.some(([other]) => other === name));
    expect(disagreeing.toSorted()).toEqual(Object.keys(knownDisagreements).toSorted());
    expect(agreeing.length).toBeGreaterThanOrEqual(floor);
  }, 180_000);
});

async function play(part: Scenario, names: ReadonlyMap<string, string>): Promise<readonly Finding[]> {
  const simulator = await startSimulator({});
  try {
    return await replay(part, simulator, names);
  } finally {
    await simulator.close();
  }
}

/** Names by permission id, from every recorded response that tells one. */
function permissionNames(scenarios: readonly Scenario[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const exchange of scenarios.flatMap((scenario) => scenario.exchanges)) {
    for (const object of objectsIn(exchange.response_body)) {
      const name = attributesOf(object)['name'];
      if (object['type'] === 'permissions' && typeof name === 'string') names.set(idOf(object), name);
    }
  }
  return names;
}

const keyOf = (exchange: Exchange) => `${exchange.method} ${exchange.endpoint} ${exchange.status}`;

/** The endpoint with what shapes its response: a request for some fields only is another one. */
const requestOf = (exchange: Exchange) => `${keyOf(exchange)} ${/fields[^=]*=[^&]*/.exec(exchange.path)?.[0] ?? ''}`;

/** When an exchange was recorded: the latest moment that any of its scenario's responses tells. */
function recordedAt(scenario: Scenario): string {
  const moments = [
    ...JSON.stringify(scenario.exchanges.map((exchange) => exchange.response_body)).matchAll(
      /"(?:created_at|modified_at)":"(\d{4}-[^"]+)"/g,
    ),
  ];
  return (
    moments
      .map((match) => match[1]!)
      .sort()
      .at(-1) ?? ''
  );
}

interface Evidence {
  readonly at: string;
  readonly exchange: Exchange;
  readonly paths: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * The recordings span years, in which responses gained and lost keys. A key that the simulator has and a recording has
 * not (or the reverse, or null where once was an empty list) is no disagreement where a later recording of the same
 * endpoint and status agrees with the simulator, or a recording about the same kind of thing that is later than every
 * recording of the endpoint.
 */
function attest(scenarios: readonly Scenario[]): (finding: Finding) => boolean {
  const byEndpoint = new Map<string, Evidence[]>();
  const byAnswer = new Map<string, Evidence[]>();
  const byThing = new Map<string, Evidence[]>();
  const add = (index: Map<string, Evidence[]>, key: string, evidence: Evidence) =>
    index.set(key, [...(index.get(key) ?? []), evidence]);
  const moments = new Map(scenarios.map((scenario) => [scenario.name, recordedAt(scenario)]));
  for (const exchange of scenarios.flatMap((scenario) => scenario.exchanges)) {
    const at = moments.get(exchange.name)!;
    const answer = { at, exchange, paths: pathsOf(exchange.response_body) };
    add(byEndpoint, requestOf(exchange), answer);
    add(byAnswer, aboutOf(exchange), answer);
    for (const thing of objectsIn(exchange.response_body)) {
      if (typeof thing['type'] !== 'string' || typeof thing['id'] !== 'string' || thing['attributes'] === undefined)
        continue;
      add(byThing, thing['type'], { at, exchange, paths: pathsOf(thing) });
    }
  }
  return ({ kind, at, exchange, type: simulated, recorded }) => {
    if (kind === 'value' || kind === 'error' || kind === 'status' || at.endsWith('[]')) return false;
    if (kind === 'type' && isGiven(exchange, at)) return false;
    const isExtra = kind === 'extra' || (kind === 'elements' && recorded.startsWith('0 '));
    const agrees = (path: string, isMeant: (evidence: Evidence) => boolean) => (evidence: Evidence) =>
      isMeant(evidence) &&
      evidence.paths.has(parentOf(path)) &&
      (kind === 'type'
        ? evidence.paths.get(path)?.has(simulated ?? '') === true
        : evidence.paths.has(path) === isExtra);
    const moment = moments.get(exchange.name) ?? '';
    const sameEndpoint = byEndpoint.get(requestOf(exchange)) ?? [];
    // Several things in one response tell that a value may be null for one and a text for another.
    const isOwn = (evidence: Evidence) => kind === 'type' && at.includes('[') && evidence.exchange === exchange;
    if (sameEndpoint.some(agrees(at, (evidence) => evidence.at > moment || isOwn(evidence)))) return true;
    if (exchange.path.includes('fields')) return false;
    const last = sameEndpoint
      .filter((evidence) => evidence.paths.has(parentOf(at)))
      .map((evidence) => evidence.at)
      .sort()
      .at(-1);
    const isNewer = (evidence: Evidence) => evidence.at > (last ?? '');
    if (kind === 'elements') return isExtra && (byAnswer.get(aboutOf(exchange)) ?? []).some(agrees(at, isNewer));
    const { type, path } = withinThing(at);
    return (byThing.get(type) ?? []).some(agrees(path, isNewer));
  };
}

/** What a response is about: the type of its data, one or many. */
function aboutOf(exchange: Exchange): string {
  return typeOf(dataOf(exchange.response_body)[0]);
}

const parentOf = (path: string): string => path.replace(/\[[^\]]+\]$|\.?[^.]+$/, '');

/** Whether a request itself says what the value is to be. */
function isGiven(exchange: Exchange, at: string): boolean {
  const key = at.split('.').at(-1) ?? '';
  return [...objectsIn(exchange.request_body)].some((object) => object[key] !== undefined && object[key] !== null);
}

function report(
  outcomes: ReadonlyMap<string, readonly Finding[]>,
  failures: ReadonlyMap<string, string>,
  agreeing: { exactly: number; later: number },
  unconcerned: readonly Exchange[],
): void {
  const agree = agreeing.exactly + agreeing.later;
  const byReason = new Map<string, Set<string>>();
  for (const finding of [...outcomes.values()].flat()) {
    const values = `recorded ${finding.recorded}, simulated ${finding.simulated}`.replace(
      /[0-9a-f]{8}-[0-9a-f-]{27}/g,
      '<id>',
    );
    const reason = `${keyOf(finding.exchange)}: ${finding.kind} ${finding.at} (${values})`;
    byReason.set(reason, (byReason.get(reason) ?? new Set()).add(finding.exchange.name));
  }
  const lines = [
    `replayed ${outcomes.size} scenarios: ${agree} agree, ${outcomes.size - agree} disagree (${Object.keys(knownDisagreements).length} known)`,
    `  of those that agree, ${agreeing.exactly} in the recorded format and ${agreeing.later} in one recorded later`,
    ...[...byReason]
      .sort((a, b) => b[1].size - a[1].size)
      .map(([reason, names]) => `  ${reason}\n      ${[...names].join(', ')}`),
    ...[...failures].map(([name, error]) => `  not played: ${name}: ${error}`),
    `not concerned: ${unconcerned.length} exchanges`,
    ...[...Map.groupBy(unconcerned, keyOf)].map(([key, exchanges]) => `  ${key} ×${exchanges.length}`),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
