import { randomInt } from 'node:crypto';
import { Writable } from 'node:stream';
import { InvalidArgumentError, type Command } from 'commander';
import { FailedError, UsageError } from '../../domain/errors.ts';
import { explainFailure } from './failures.ts';
import { printMessage } from './output.ts';
import { parseDurationOption, parseOffset } from './parse.ts';
import type { Shell } from './shell.ts';

interface SimulatorArguments {
  readonly port: number;
  readonly people: number;
  readonly nhis: number;
  readonly seed: number;
  readonly acceptAfter?: number;
  readonly rateLimit?: string;
  readonly awkward?: number | true;
  readonly state?: string;
}

export function addSimulator(simulator: Command, shell: Shell): void {
  simulator
    .option('--port <n>', '0 takes a free one', parsePort, 0)
    .option('--people <n>', 'people with accounts, besides the administrator', parseOffset, 0)
    .option('--nhis <n>', 'service accounts, API keys and application keys together', parseOffset, 0)
    .option('--seed <n>', 'equal seeds give equal populations', parseOffset, 1)
    .option(
      '--accept-after <duration>',
      'invited people accept after this time, such as 5s (never)',
      parseDurationOption,
    )
    .option('--rate-limit <rate>', 'requests in a period, such as 100/10s (none)')
    .option(
      '--awkward [seed]',
      'as awkward as Datadog can be: odd accounts, limits by endpoint, a search that lags, faults; without a seed one is chosen and printed',
      parseOffset,
    )
    .option('--state <file>', 'keep the state in this file')
    .addHelpText(
      'after',
      '\nExample: npx muster simulator --port 8126 --people 50 --accept-after 5s --rate-limit 100/10s',
    )
    .action(async ({ acceptAfter, rateLimit, state, awkward: asked, ...options }: SimulatorArguments) => {
      const { parseRateLimit, runSimulator } = await import('../../simulator/command.ts');
      const limit = rateLimit === undefined ? undefined : readRateLimit(parseRateLimit, rateLimit);
      printMessage(
        shell,
        'A simulated Datadog; Ctrl-C stops it. Set MUSTER_DATADOG_URL, DD_API_KEY and DD_APP_KEY to use it.',
      );
      const awkward = asked === true ? randomInt(1_000_000) : asked;
      if (awkward !== undefined) printMessage(shell, `It is awkward; --awkward ${awkward} makes it so again.`);
      try {
        await runSimulator(
          { ...options, awkward, acceptAfterMs: acceptAfter, rateLimit: limit, stateFile: state },
          streamTo(shell.writeOut),
        );
      } catch (error) {
        throw new FailedError(`The simulator cannot run: ${explainFailure(error)}; see --port and --state`);
      }
    });
}

function readRateLimit<T>(parse: (text: string) => T, text: string): T {
  try {
    return parse(text);
  } catch (error) {
    throw new UsageError(`--${explainFailure(error)}`);
  }
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new InvalidArgumentError('Give a port from 0 to 65535, such as 8126.');
}

const streamTo = (write: (text: string) => void): NodeJS.WritableStream =>
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      write(chunk.toString());
      done();
    },
  });
