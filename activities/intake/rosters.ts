import { heartbeat } from '@temporalio/activity';
import type { RosterImport, Dependencies } from '../dependencies.ts';

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
