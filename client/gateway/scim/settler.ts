import { breathe } from '../../../inventory/port/breathe.ts';
import pLimit from 'p-limit';
import { TooMuchError } from '../../../domain/errors.ts';
import type { HrEvent } from '../../../domain/model.ts';
import type { OwedScim, ScimKey } from '../../../inventory/port/scim.ts';
import type { GatewayContext } from '../context.ts';
import { refuseUser, settle, type Clocked, type Settled } from './events.ts';
import { managersComeSince, reportRefused } from './refusals.ts';

/** What follows from changes that are on record, after the request was answered. */
export interface Settler {
  /** Puts on record what is owed, without being waited for: leavers first, and one user at a time between the requests. */
  readonly start: () => void;
  /** Tells Temporal of events on record, and counts and logs what was refused, without being waited for. What it is not told now the sync tells it. */
  readonly tell: (settled: Settled) => void;
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
  const full = createFull();
  const one = createOne(context, { tell, full });
  let running: Promise<void> | undefined;
  let isAsked = false;
  const stopping = new AbortController();

  const all = async (): Promise<void> => {
    await inventory.oweAwaitingScim(managersComeSince(new Date()));
    for (let left = 0; !stopping.signal.aborted;) {
      const page = await inventory.owedScim({ limit: pageSize, offset: left, without: full.now() });
      if (page.length === 0) return;
      const before = full.now().length;
      for (const owed of page) {
        if (stopping.signal.aborted) return;
        if (full.has(owed)) continue;
        if (!(await one(owed))) left += 1;
        await breathe();
      }
      // Those of a source that is full are not counted by the next page.
      if (full.now().length > before) left = 0;
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

/** Settles one resource, and says whether nothing is owed of it any more. */
function createOne(
  context: Clocked,
  { tell, full }: Pick<Settler, 'tell'> & { readonly full: ReturnType<typeof createFull> },
) {
  const { inventory, onError } = context;
  const settleBy = (key: ScimKey, how: typeof settle) =>
    inventory.inTransaction(async (trx) => {
      await trx.lockScim(key.source);
      const row = await trx.findOwedScim(key);
      return row === undefined ? { events: [], refused: [] } : how(trx, context, row);
    });
  /** What cannot be taken at all is a refusal, and is not tried again before somebody asks. */
  const refuse = (key: ScimKey, error: unknown) =>
    settleBy(key, async (trx, given, row) => {
      const settled = await refuseUser(trx, given, { row, error });
      if (settled === undefined) throw error;
      return settled;
    });
  return async (owed: OwedScim): Promise<boolean> => {
    try {
      const settled = await settleBy(owed, settle).catch((error: unknown) => {
        if (error instanceof TooMuchError && error.bound !== 'statement') throw error;
        return refuse(owed, error);
      });
      tell(settled);
      return true;
    } catch (error) {
      if (!(error instanceof TooMuchError)) onError(error, 'what follows from a SCIM resource could not be recorded');
      else if (error.bound === 'source') full.add(owed, error.retryAfterS);
      return false;
    }
  };
}

type Share = Pick<OwedScim, 'source' | 'owed'>;
const shareOf = ({ source, owed }: Share): string => `${owed} ${source}`;

const isFull = ({ endMs }: { readonly endMs: number }): boolean => endMs > Date.now();

/** Whose minute is full, leavers and others apart: the other sources go on. */
function createFull() {
  const until = new Map<string, { readonly share: Share; readonly endMs: number }>();
  return {
    now: (): readonly Share[] => [...until.values()].filter(isFull).map(({ share }) => share),
    has: (share: Share): boolean => isFull(until.get(shareOf(share)) ?? { endMs: 0 }),
    add: ({ source, owed }: Share, forS: number): void =>
      void until.set(shareOf({ source, owed }), { share: { source, owed }, endMs: Date.now() + forS * 1_000 }),
  };
}

function createTeller(context: Pick<GatewayContext, 'muster' | 'metrics' | 'log'>): Settler['tell'] {
  const { muster, metrics } = context;
  const limit = pLimit(toldAtOnce);
  let silentUntil = 0;
  const tellAll = async (events: readonly HrEvent[]): Promise<void> => {
    for (const event of events) {
      if (Date.now() < silentUntil) return;
      if (!(await muster.tell(event))) silentUntil = Date.now() + silentMs;
    }
  };
  return ({ events, refused }) => {
    reportRefused(context, refused);
    for (const { source, kind } of events) metrics.events.inc({ source, kind });
    if (events.length > 0) void limit(() => tellAll(events));
  };
}
