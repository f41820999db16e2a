import { createRequire } from 'node:module';
import type sequencer from '@jest/test-sequencer';

// Its types describe what `require` gives.
const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer') as typeof sequencer;
type Tests = Parameters<InstanceType<typeof Sequencer>['sort']>[0];

const slow = ['/test/whole/', '/test/workflows/'];
const rank = (path: string): number => {
  const found = slow.findIndex((folder) => path.includes(folder));
  return found === -1 ? slow.length : found;
};

/** The slow files begin, so that none is left alone at the end; in a clean clone Jest knows no durations. */
// oxlint-disable-next-line import/no-default-export -- Jest asks for it
export default class SlowFirst extends Sequencer {
  override async sort(tests: Tests): Promise<Tests> {
    const sorted = await super.sort(tests);
    return sorted.toSorted((one, other) => rank(one.path) - rank(other.path));
  }
}
