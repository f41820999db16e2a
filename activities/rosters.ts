import { heartbeat } from '@temporalio/activity';
import type { Dependencies } from './index.ts';

/** What became of one file of the watched folder. */
export interface RosterImport {
  readonly file: string;
  /** `held`: above the budget, for a person to look at. */
  readonly result: 'applied' | 'held' | 'failed';
  readonly detail: string;
}

/** Made in `workers/`, since rosters are planned and submitted by the client. */
export type ImportRosters = (onProgress: () => void) => Promise<readonly RosterImport[]>;

export function createRosterActivities({ importRosters, notify }: Pick<Dependencies, 'importRosters' | 'notify'>) {
  return {
    /** Repeated, it goes on: a file is moved away once it is taken in, and its events have ids of their own. */
    async importRosters(): Promise<readonly RosterImport[]> {
      const imported = await importRosters(() => heartbeat());
      for (const { file, result, detail } of imported) {
        if (result === 'applied') continue;
        notify.send({ kind: 'rosterNotApplied', personId: '', to: [], details: { file, result, detail } });
      }
      return imported;
    },
  };
}
