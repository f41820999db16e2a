import type { HrEvent } from '../../domain/model.ts';
import type { Dependencies } from '../dependencies.ts';
import { findInEngine, type AskedEngine } from './engine.ts';
import type { Found } from '../../domain/findings/found.ts';
import { watchRefusals } from '../intake/refusals.ts';
import { closeOldRefusals } from '../person/refusals.ts';
import { watchLeaves } from './leaves.ts';
import { wholePage } from '../../inventory/port/findings.ts';

/** A signal is under way for so long at most. */
const signalMs = 15_000;
const toldAtOnce = 500;
/** Of so many people at a time Temporal is asked whether the run that has taken something up is open still. */
const askedAtOnce = 20;

interface EngineWatched extends AskedEngine {
  readonly inventory: AskedEngine['inventory'] & Pick<Dependencies['inventory'], 'writeFindings'>;
  readonly notify: Dependencies['notify'];
}

type Told = Pick<HrEvent, 'eventId' | 'personId' | 'kind'>;

/** What is late is noticed here, from outside of the process that may be stuck. */
export function createWatchActivities(dependencies: Dependencies) {
  const { inventory, signals, engine, policy, notify } = dependencies;

  /** Whom the others were asked up to: the next time it goes on from there. */
  let asked = '';

  async function tellAll(people: readonly Told[], isToBeTold: (one: Told) => Promise<boolean>): Promise<number> {
    let told = 0;
    for (const one of people) {
      if (!(await isToBeTold(one))) continue;
      await signals.look(one);
      told += 1;
    }
    return told;
  }
  const hasNoRun = async ({ personId }: Told): Promise<boolean> => !(await signals.hasOpenRun(personId));

  return {
    /** Opens and closes the findings about leavers, refused writes and what intake refused, by the record alone. */
    async watchLeaves(): Promise<void> {
      await watchLeaves(dependencies);
      await closeOldRefusals(dependencies.inventory, Date.now());
      await watchRefusals(dependencies, Date.now());
    },

    /**
     * Tells the processes of those who have an event on record that no open run has taken up: the signal was lost, Temporal was away,
     * or the run was ended from outside. All that nobody has ever read and that are due leavers, a few of the others in turn.
     */
    async tellForgotten(): Promise<number> {
      const before = new Date(Date.now() - signalMs).toISOString();
      const untold = await inventory.peopleNotTakenUp({ receivedBefore: before, limit: toldAtOnce });
      const leaving = await inventory.leaversTakenUp({ before, limit: askedAtOnce });
      const others = await inventory.peopleTakenUp({ before, after: asked, limit: askedAtOnce });
      asked = others.at(-1)?.personId ?? '';
      return (await tellAll(untold, async () => true)) + (await tellAll([...leaving, ...others], hasNoRun));
    },

    /** The same for everybody, by the list of open runs. */
    async tellAllForgotten(): Promise<number> {
      const before = new Date(Date.now() - signalMs).toISOString();
      const open = await engine.openPeople();
      let told = 0;
      for (let after = ''; ;) {
        const people = await inventory.peopleTakenUp({ before, after, limit: toldAtOnce });
        const last = people.at(-1);
        if (last === undefined) return told;
        after = last.personId;
        told += await tellAll(people, async (one) => !open.has(one.personId) && (await hasNoRun(one)));
      }
    },

    /** The same about Temporal itself; notes there how far this inventory goes. */
    async watchEngine(): Promise<void> {
      const found = await watchEngine({ engine, inventory, policy: policy(), notify });
      if (!found.some(({ kind }) => kind === 'strangeInventory')) await noteProgress();
    },
  };

  async function noteProgress(): Promise<void> {
    const [known, here] = [await engine.knownInventory(), await inventory.readMark()];
    if (known !== undefined && known.seq !== here.seq) await engine.noteInventory(here);
  }
}

/** Opens and closes the findings about Temporal itself. A new one is a notice; returns them all. */
export async function watchEngine(watched: EngineWatched): Promise<readonly Found[]> {
  const { inventory, notify } = watched;
  const now = Date.now();
  const found = await findInEngine(watched, now);
  const page = wholePage({ foundAt: 'engine', found, at: new Date(now).toISOString() });
  const { opened } = await inventory.writeFindings(page);
  for (const { kind, subject, personId = '', evidence } of opened) {
    notify.send({ kind: 'engineTrouble', personId, to: [], details: { finding: kind, subject, ...evidence } });
  }
  return found;
}
