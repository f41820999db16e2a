import type { Dependencies } from '../dependencies.ts';
import { watchLeaves } from './leaves.ts';

/** What is late is noticed here, from outside of the process that may be stuck. */
export function createWatchActivities(dependencies: Dependencies) {
  return {
    /** Opens and closes the findings about leavers, by the record alone. */
    async watchLeaves(): Promise<void> {
      await watchLeaves(dependencies);
    },
  };
}
