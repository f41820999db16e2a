import { workflowInfo } from '@temporalio/workflow';
import { waitFor } from './waits.ts';

/** Events of a run that is left to the next one: an onboarding has a hundred. */
const longRun = 1_000;

/** A worker that replays more takes longer than a workflow task may, however often it is tried again. */
const longestRun = 4_000;

const pauseMs = 1_000;

/** Events that a pause of signals may have: its own timer, and what the process does meanwhile. */
const eventsOfPause = 20;

/**
 * Says when a run has become so long, by signals mostly, that the next one should go on. While signals keep coming the server
 * refuses a run's end, and gives its next task to a worker only when they let up: nobody who asks gets an answer meanwhile.
 * So a run ends when they pause, if it can wait for that.
 */
export class RunLength {
  private hasPaused = false;

  get isReached(): boolean {
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    return continueAsNewSuggested || historyLength >= longestRun || (historyLength >= longRun && this.hasPaused);
  }

  async watch(): Promise<void> {
    await waitFor(() => workflowInfo().historyLength >= longRun);
    while (!this.isReached) {
      const before = workflowInfo().historyLength;
      await waitFor(() => this.isReached, { at: Date.now() + pauseMs, summary: 'until signals pause' });
      this.hasPaused = workflowInfo().historyLength - before <= eventsOfPause;
    }
  }
}
