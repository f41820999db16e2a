import { createRequire } from 'node:module';
import type sequencer from '@jest/test-sequencer';

// Its types describe what `require` returns.
const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer') as typeof sequencer;
type Tests = Parameters<InstanceType<typeof Sequencer>['sort']>[0];

/** Files of `test/workflows`, which mostly wait, between two of `test/whole`, which keep a core busy. */
const between = 4;

/**
 * The slow files begin, so that none is left alone at the end; in a clean clone Jest knows no durations. The slowest are
 * spread, since together they would wait for each other's CPU.
 */
// oxlint-disable-next-line import/no-default-export -- Jest asks for it
export default class SlowFirst extends Sequencer {
  override async sort(tests: Tests): Promise<Tests> {
    const sorted = await super.sort(tests);
    const isIn = (folder: string) => (test: Tests[number]) => test.path.includes(`/test/${folder}/`);
    const whole = sorted.filter(isIn('whole'));
    const processes = sorted.filter(isIn('workflows'));
    const spread = whole.flatMap((test, index) => [test, ...processes.slice(index * between, (index + 1) * between)]);
    return [...new Set([...spread, ...processes, ...sorted])];
  }
}
