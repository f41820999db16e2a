import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { buildId } from '../../config/version.ts';
import { UsageError } from '../../domain/errors.ts';
import type { Instance } from '../../domain/instances.ts';
import type { Policy } from '../../domain/policy/rules.ts';
import type { Inventory } from '../../inventory/port/inventory.ts';
import { parsePolicy, PolicyError, readPolicyText } from '../../policy/file.ts';

interface Logger {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

interface LivePolicyOptions {
  readonly kind: Instance['kind'];
  readonly inventory: Pick<Inventory, 'reportInstance' | 'forgetInstance'>;
  /** The file, and what it said when the process started. */
  readonly path: string;
  readonly policy: Policy;
  readonly datadogIsSimulator: boolean;
  /** What comes before a changed policy is in force: it throws a `UsageError` to refuse it. False: it waits, and is asked again. */
  readonly admit: (policy: Policy) => Promise<boolean>;
  /** What follows from the policy in force, once for each from the first on. Where it fails it is tried again. */
  readonly follow?: (policy: Policy) => Promise<void>;
  readonly logger: Logger;
  readonly lookEveryMs?: number;
}

/** The policy that this process has in force: it changes with its file. Ends with the process. */
export interface LivePolicy extends AsyncDisposable {
  readonly current: () => Policy;
}

/** By content, since files in containers are links that change their target; often, since reading some KB costs nothing. */
const lookEveryMs = 2_000;
const reportEveryMs = 15_000;

/**
 * Takes over the policy file whenever it has changed and is valid, and reports in the record what is in force, so that
 * commands can say where that is not what the file says. A file that is refused changes nothing.
 */
export async function startLivePolicy(options: LivePolicyOptions): Promise<LivePolicy> {
  const live = createLivePolicy(options);
  await live.report();
  const loop = repeat(live.turn, options.lookEveryMs ?? lookEveryMs);
  return {
    current: live.current,
    [Symbol.asyncDispose]: async () => {
      await loop.stop();
      await live.end();
    },
  };
}

function createLivePolicy(options: LivePolicyOptions) {
  const { logger, inventory } = options;
  const instance = { id: randomUUID(), kind: options.kind, host: hostname(), version: buildId() };
  const file = createWatchedFile(options);
  const startedAt = file.inForce().since;
  let reportedAt = 0;
  let isNews = false;

  async function report(): Promise<void> {
    const at = new Date();
    const { policy, since: policySince, refusal } = file.inForce();
    const { hash: policyHash, mode } = policy;
    const now = { lastSeenAt: at.toISOString(), policyHash, mode, policySince, refusal };
    await inventory.reportInstance({ ...instance, startedAt, ...now });
    reportedAt = at.getTime();
    isNews = false;
  }

  const steps = [
    { failed: 'the file could not be taken over', run: async () => void (isNews = (await file.look()) || isNews) },
    { failed: 'what follows from it could not be done', run: file.followOn },
    {
      failed: 'what is in force could not be reported',
      run: async () => (isNews || Date.now() - reportedAt >= reportEveryMs ? report() : undefined),
    },
  ];
  const failing = new Set<string>();
  return {
    current: () => file.inForce().policy,
    report,
    async turn(): Promise<void> {
      for (const { failed, run } of steps) {
        try {
          await run();
          failing.delete(failed);
        } catch (error) {
          // The database or Temporal may be away: the next turn tries again.
          if (!failing.has(failed)) logger.error(`policy: ${failed}`, { error });
          failing.add(failed);
        }
      }
    },
    end: () => inventory.forgetInstance(instance.id).catch(() => undefined),
  };
}

interface InForce {
  readonly policy: Policy;
  /** ISO 8601. */
  readonly since: string;
  /** Why the file as it is now is not taken over. */
  readonly refusal?: string;
}

function createWatchedFile({ policy, path, datadogIsSimulator, admit, follow, logger }: LivePolicyOptions) {
  let inForce: InForce = { policy, since: new Date().toISOString() };
  /** The file's text as the last look found it, and as it was when it was taken over. */
  let seen: string | undefined;
  let taken: string | undefined;
  let followed: Policy | undefined;

  /** Undefined where it is to be asked again. */
  async function takeOver(next: Policy): Promise<InForce | undefined> {
    const { policy: before, since } = inForce;
    if (next.hash === before.hash) return { policy: before, since };
    if (!(await admit(next))) return undefined;
    logger.info('policy: taken over', { before: before.hash, after: next.hash, mode: next.mode });
    return { policy: next, since: new Date().toISOString() };
  }

  function refuse(refusal: string): void {
    const said = `${path} has changed and is refused, the policy from before stays in force: ${refusal}`;
    if (refusal !== inForce.refusal) logger.error(`policy: ${said}`, { inForce: inForce.policy.hash });
    inForce = { ...inForce, refusal };
  }

  return {
    inForce: () => inForce,
    /** Whether something has changed that is to be reported. */
    async look(): Promise<boolean> {
      const text = await readPolicyText(path).catch((error: unknown) => {
        if (error instanceof PolicyError) return error;
        throw error;
      });
      const content = String(text);
      // A file may be half written: it counts once two looks in a row have found the same.
      const isSettled = content === seen;
      seen = content;
      const before = inForce;
      if (!isSettled || (content === taken && before.refusal === undefined)) return false;
      try {
        if (text instanceof PolicyError) throw text;
        const next = await takeOver(parsePolicy(text, path, { datadogIsSimulator }));
        if (next !== undefined) taken = content;
        inForce = next ?? { ...inForce, refusal: undefined };
      } catch (error) {
        if (!(error instanceof PolicyError || error instanceof UsageError)) throw error;
        refuse(error.message);
      }
      return inForce.refusal !== before.refusal || inForce.policy !== before.policy;
    },
    async followOn(): Promise<void> {
      const { policy: due } = inForce;
      if (followed === due) return;
      await follow?.(due);
      followed = due;
    },
  };
}

/** Turns never overlap; `stop` waits for the one that is under way. */
function repeat(turn: () => Promise<void>, everyMs: number): { readonly stop: () => Promise<void> } {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const next = (): void => {
    if (isStopped) return;
    timer = setTimeout(() => {
      running = turn().finally(next);
    }, everyMs);
    timer.unref();
  };
  next();
  return {
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
