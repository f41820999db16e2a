import { join, resolve } from 'node:path';
import colors from 'picocolors';
import type { RunningGateway } from '../client/gateway/serve.ts';
import type { Config, DatadogConfig, Environment, TemporalConfig } from '../config/types.ts';
import type { Policy } from '../domain/policy/rules.ts';

export type LocalTemporal = TemporalConfig & Required<Pick<TemporalConfig, 'connection'>>;

interface Started {
  readonly config: Config;
  readonly temporal: LocalTemporal;
  readonly datadog: DatadogConfig;
  readonly gateway: Pick<RunningGateway, 'url' | 'metricsUrl'>;
  readonly mode: Policy['mode'];
  readonly env: Environment;
}

const modes = {
  enforce: 'enforce: Muster writes to Datadog',
  observe: 'observe: Muster plans, and writes nothing to Datadog',
} as const satisfies Record<Policy['mode'], string>;

/** What the command line needs from the environment, beside what a running `npm start` leaves in its folder. */
const sharedVariables =
  /^(DATABASE_URL|DD_SITE|DD_API_KEY|DD_APP_KEY|MUSTER_DATADOG_URL|MUSTER_SIGNING_KEY|TEMPORAL_(?!CLI_PATH$)\w+?)(_FILE)?$/;

/** `npx muster` for another terminal in this folder, whose environment does not say where the home is. */
export function inOtherTerminal({ home }: Pick<Config, 'home'>): string {
  if (home === resolve('.muster')) return 'npx muster';
  const quoted = /^[\w/.:@%+-]+$/.test(home) ? home : `'${home.replaceAll("'", String.raw`'\''`)}'`;
  return `MUSTER_HOME=${quoted} npx muster`;
}

/** Where everything is, what the policy lets Muster do, and what to try next. */
export function describeStart({ config, temporal, datadog, gateway, mode, env }: Started): string {
  const { home, inventory, policyPath, port } = config;
  const simulated = datadog.isSimulator ? ' (simulated)' : '';
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Mode', `${modes[mode]}${simulated}`],
    ['Policy', policyPath],
    ['Home', home],
    ['Datadog', `${datadog.baseUrl}${simulated}`],
    ['Temporal', `${temporal.connection.address}, namespace ${temporal.namespace}`],
    ['Temporal UI', temporal.uiUrl],
    ['Gateway', `${gateway.url}${gateway.url.endsWith(`:${port}`) ? '' : ` (${port} is taken)`}`],
    ['Metrics', gateway.metricsUrl],
    ['Inventory', 'file' in inventory ? inventory.file : 'PostgreSQL (DATABASE_URL)'],
    ['Log', join(home, 'muster.log')],
  ];
  const shared = Object.keys(env).filter((name) => Boolean(env[name]) && sharedVariables.test(name));
  const npx = inOtherTerminal(config);
  return [
    '',
    ...rows.flatMap(([name, value]) => (value === undefined ? [] : [`  ${colors.bold(name.padEnd(12))} ${value}`])),
    '',
    `  In another terminal, in this folder${shared.length === 0 ? '' : `, with ${shared.join(', ')} as here`}:`,
    `    ${npx} doctor`,
    `    ${npx} joiner --person-id e-1001 --email pat@example.com --name "Pat Example" --department Engineering --wait`,
    `    ${npx} person list`,
    `    ${npx} approvals list`,
    '',
  ].join('\n');
}
