import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import { readConfig } from '../config/config.ts';
import { cacheFolderIn } from '../workers/engine/find.ts';
import { measureCommandLine } from './commandLine.ts';
import { endOnSignal } from './ending.ts';
import { describeFigure, type Figure } from './figures.ts';
import { measureFlood } from './flood.ts';
import { measureGateway } from './gateway.ts';
import { measureFortnight } from './fortnight.ts';
import { measureHistory } from './history.ts';
import { measureIntake } from './intake.ts';
import { measureLeavers } from './leavers.ts';
import { measureLists } from './lists.ts';
import { measureOnboarding } from './onboarding.ts';
import { measureScim } from './scim.ts';
import { measureRoster } from './roster.ts';
import { quietSdk, type BenchOptions } from './stage.ts';
import { measureSync } from './sync.ts';
import { measureMemory, measureWaiting } from './waiting.ts';

type Part = (options: BenchOptions) => Promise<readonly Figure[]>;

const parts: Readonly<Record<string, Part>> = {
  onboarding: measureOnboarding,
  history: measureHistory,
  fortnight: measureFortnight,
  waiting: measureWaiting,
  memory: measureMemory,
  sync: measureSync,
  lists: measureLists,
  gateway: measureGateway,
  scim: measureScim,
  intake: measureIntake,
  roster: measureRoster,
  flood: measureFlood,
  leavers: measureLeavers,
  commandLine: measureCommandLine,
};

const help = `npm run bench [-- NAME… --repetitions N --executions N --kills N]

Measures what Muster costs, beside its targets; about ten minutes on two cores. Everything runs on this machine.
  onboarding  engine CPU and makespan of onboardings, against a workflow of empty steps
  history     events, size and search-attribute upserts of one onboarding
  fortnight   events of 14 days without acceptance, on skipped time
  waiting     requests to Datadog with 1,000 people waiting for acceptance
  memory      the worker's memory at 1,000 and at 4,000 people waiting
  sync        a full sync of 100,000 users: requests, CPU, memory, latency, limits
  lists       the command line's queries at 100,000 accounts, on both databases
  gateway     accepted events against bare signalWithStart, p99 with the workers or Temporal down, kills before the reply
  scim        a group of 5,000 members by SCIM: its answers, everything else beside it, memory
  intake      one webhook of 1,500 items, each taken or refused: until the answer, and memory
  roster      a file of 10,000 rows with odd ones among them: planned, applied, and memory
  flood       the status query of one person who gets 2,000 signals of a stranger
  leavers     a leaver behind 500 joiners, 100 leavers at an awkward Datadog, one whom Datadog refuses to disable
  commandLine from the start of a command to its end, against an empty process of Node`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean' },
    repetitions: { type: 'string', default: '3' },
    executions: { type: 'string', default: '200' },
    kills: { type: 'string', default: '200' },
  },
});
const unknown = positionals.filter((name) => !(name in parts));
if (values.help) {
  console.log(help);
} else if (unknown.length > 0) {
  console.error(`error: no part ${unknown.join(', ')}: choose from ${Object.keys(parts).join(', ')}`);
  process.exitCode = 2;
} else {
  await runParts(positionals.length === 0 ? Object.keys(parts) : positionals);
}

async function runParts(names: readonly string[]): Promise<void> {
  endOnSignal();
  const logger = quietSdk();
  const { cliPath, searchPath, cacheHome } = await readConfig();
  const workflowsPath = fileURLToPath(new URL('twin/workflows.ts', import.meta.url));
  const options: BenchOptions = {
    findOptions: {
      cliPath,
      searchPath,
      cacheFolder: cacheFolderIn(cacheHome),
      onProgress: (text) => console.error(text),
    },
    bundle: await bundleWorkflowCode({ workflowsPath, logger }),
    repetitions: Number(values.repetitions),
    executions: Number(values.executions),
    kills: Number(values.kills),
    say: (text) => console.log(text),
  };
  const lines: string[] = [];
  for (const name of names) {
    console.log(`\n== ${name}`);
    const startedAt = Date.now();
    try {
      const figures = (await parts[name]?.(options)) ?? [];
      lines.push(...figures.map((figure) => `${name.padEnd(11)} ${describeFigure(figure)}`));
    } catch (error) {
      console.error(`${name} broke:`, error);
      lines.push(`${name.padEnd(11)} broke: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
    console.log(`(${Math.round((Date.now() - startedAt) / 1_000)} s)`);
  }
  console.log(`\n${lines.join('\n')}`);
}
