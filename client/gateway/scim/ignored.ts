import { minuteMs } from '../../../domain/durations.ts';
import type { GatewayContext } from '../context.ts';

/** How many attributes that no schema has, values of a deactivation that cannot be read, and members of a group who are no users. */
export type Ignored = Readonly<Partial<Record<'attribute' | 'value' | 'member', number>>>;

/** Counts what was ignored of a source's requests, and logs it once a minute, without what it was. */
export type ReportIgnored = (source: string, ignored: Ignored) => void;

export function createReport({ metrics, log, now }: Pick<GatewayContext, 'metrics' | 'log' | 'now'>): ReportIgnored {
  const logged = new Map<string, number>();
  return (source, ignored) => {
    for (const [what, count = 0] of Object.entries(ignored)) {
      if (count === 0) continue;
      metrics.scimIgnored.inc({ source, what }, count);
      const key = `${what} ${source}`;
      if (now().getTime() - (logged.get(key) ?? 0) < minuteMs) continue;
      logged.set(key, now().getTime());
      log('ignored in a SCIM request', { source, what, count });
    }
  };
}
