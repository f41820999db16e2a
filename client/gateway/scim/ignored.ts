import { minuteMs } from '../../../domain/durations.ts';
import type { GatewayContext } from '../context.ts';

/** How many attributes that no schema has, values of a deactivation that cannot be read, and members of a group who are no users. */
export type Ignored = Readonly<Partial<Record<'attribute' | 'value' | 'member', number>>>;

export interface RefusedRequest {
  readonly source: string;
  readonly method: string;
  readonly status: number;
  readonly scimType?: string;
}

/** Counts changes that were refused as a whole, and logs each kind of a source once a minute, with nothing of the request. */
export function createRefusalReport({ metrics, log, now }: Pick<GatewayContext, 'metrics' | 'log' | 'now'>) {
  const isDue = onceAMinute(now);
  return (refused: RefusedRequest): void => {
    metrics.refused.inc({ reason: 'scim' });
    if (isDue(JSON.stringify(refused))) log('a SCIM request was refused', { ...refused });
  };
}

/** Counts what was ignored of a source's requests, and logs it once a minute, without what it was. */
export type ReportIgnored = (source: string, ignored: Ignored) => void;

export function createReport({ metrics, log, now }: Pick<GatewayContext, 'metrics' | 'log' | 'now'>): ReportIgnored {
  const isDue = onceAMinute(now);
  return (source, ignored) => {
    for (const [what, count = 0] of Object.entries(ignored)) {
      if (count === 0) continue;
      metrics.scimIgnored.inc({ source, what }, count);
      if (isDue(`${what} ${source}`)) log('ignored in a SCIM request', { source, what, count });
    }
  };
}

/** Whether something is to be logged again; it counts as logged then. */
function onceAMinute(now: GatewayContext['now']): (key: string) => boolean {
  const logged = new Map<string, number>();
  return (key) => {
    const at = now().getTime();
    if (at - (logged.get(key) ?? 0) < minuteMs) return false;
    logged.set(key, at);
    return true;
  };
}
