import { setImmediate as breathe } from 'node:timers/promises';
import pLimit from 'p-limit';
import { TooMuchError } from '../../../domain/errors.ts';
import type { HrEvent } from '../../../domain/model.ts';
import type { ScimKey } from '../../../inventory/port/scim.ts';
import type { GatewayContext } from '../context.ts';
import { settle, type Clocked } from './events.ts';

/** What follows from changes that are on record, after the request was answered. */
export interface Settler {
  /** Puts on record what is owed, without being waited for: leavers first, and one user at a time between the requests. */
  readonly start: () => void;
  /** Tells Temporal of events on record, without being waited for. What it is not told now the sync tells it. */
  readonly tell: (events: readonly HrEvent[]) => void;
  /** Ends after the user that it is at. */
  readonly stop: () => Promise<void>;
}

const pageSize = 100;
const toldAtOnce = 4;
/** What the intake did not take, and what another gateway has left. */
const againMs = 30_000;
/** How long nobody is told after Temporal did not answer. */
const silentMs = 10_000;

export function createSettler(context: Clocked): Settler {
  const { inventory, onError } = context;
  const tell = createTeller(context);
  let running: Promise<void> | undefined;
  let isAsked = false;
  const stopping = new AbortController();

  let fullUntil = 0;
  /** Whether nothing is owed of it any more. */
  const one = async (key: ScimKey): Promise<boolean> => {
    try {
      const events = await inventory.inTransaction(async (trx) => {
        await trx.lockScim(key.source);
        const row = await trx.findOwedScim(key);
        return row === undefined ? [] : settle(trx, context, row);
      });
      tell(events);
      return true;
    } catch (error) {
      if (!(error instanceof TooMuchError)) onError(error, 'what follows from a SCIM resource could not be recorded');
      // The others of the source have no room either.
      else if (error.bound === 'source') fullUntil = Date.now() + error.retryAfterS * 1_000;
      return false;
    }
  };

  const mayGoOn = (): boolean => !stopping.signal.aborted && Date.now() >= fullUntil;
  const all = async (): Promise<void> => {
    for (let left = 0; mayGoOn();) {
      const page = await inventory.owedScim({ limit: pageSize, offset: left });
      for (const key of page) {
        if (!mayGoOn()) return;
        if (!(await one(key))) left += 1;
        await breathe();
      }
      if (page.length === 0) return;
    }
  };

  const start = (): void => {
    isAsked = true;
    running ??= (async () => {
      while (isAsked && !stopping.signal.aborted) {
        isAsked = false;
        await all();
      }
    })()
      .catch((error: unknown) => onError(error, 'what follows from SCIM could not be looked up'))
      .finally(() => {
        running = undefined;
        if (isAsked && !stopping.signal.aborted) start();
      });
  };
  const again = setInterval(start, againMs).unref();
  const stop = async (): Promise<void> => {
    stopping.abort();
    clearInterval(again);
    await running;
  };
  return { start, tell, stop };
}

function createTeller({ muster, metrics }: Pick<GatewayContext, 'muster' | 'metrics'>): Settler['tell'] {
  const limit = pLimit(toldAtOnce);
  let silentUntil = 0;
  const tellAll = async (events: readonly HrEvent[]): Promise<void> => {
    for (const event of events) {
      if (Date.now() < silentUntil) return;
      if (!(await muster.tell(event))) silentUntil = Date.now() + silentMs;
    }
  };
  return (events) => {
    for (const { source, kind } of events) metrics.events.inc({ source, kind });
    if (events.length > 0) void limit(() => tellAll(events));
  };
}
