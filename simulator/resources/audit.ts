import { randomUUID } from 'node:crypto';

import { isObject } from '../body.ts';
import type { Reply } from '../errors.ts';
import type { AuditEvent, State } from '../model.ts';
import { anyOf } from '../router.ts';
import type { Call, Route } from '../router.ts';

const kept = 5000;

/** The newest 5,000 are kept. */
export function recordAudit(state: State, event: Omit<AuditEvent, 'id'>): void {
  const id = randomUUID();
  state.auditEvents.set(id, { id, ...event });
  if (state.auditEvents.size > kept) {
    const oldest = state.auditEvents.keys().next();
    if (oldest.done !== true) state.auditEvents.delete(oldest.value);
  }
}

/** Such as `auditCall(call, 'Access Management', 'modified', 'user', id)`. */
export function auditCall(call: Call, name: string, action: string, assetType: string, assetId: string): void {
  recordAudit(call.state, { timestamp: call.now, name, action, assetType, assetId, actorId: call.actor.id });
}

function renderEvent(event: AuditEvent): Record<string, unknown> {
  return {
    id: event.id,
    type: 'audit',
    attributes: {
      timestamp: event.timestamp,
      service: 'audit',
      message: `${event.assetType} ${event.action}`,
      tags: ['source:datadog'],
      attributes: {
        evt: { name: event.name, ...(event.actorId === null ? {} : { actor: { type: 'USER' } }) },
        asset: { type: event.assetType, id: event.assetId },
        action: event.action,
        ...(event.actorId === null ? {} : { usr: { uuid: event.actorId } }),
      },
    },
  };
}

interface Search {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly sort: string | undefined;
  readonly cursor: string | undefined;
  readonly limit: number;
}

/** Filters by time only; the query language is not understood and selects everything. */
function searchEvents(call: Call, search: Search): Reply {
  const after = toTime(search.from, call.now);
  const before = toTime(search.to, call.now);
  const events = [...call.state.auditEvents.values()].filter((event) => {
    const at = Date.parse(event.timestamp);
    return (after === undefined || at >= after) && (before === undefined || at <= before);
  });
  if (search.sort !== 'timestamp') events.reverse();
  const start = Number(search.cursor ?? 0) || 0;
  const next = start + search.limit;
  return {
    status: 200,
    body: {
      data: events.slice(start, next).map(renderEvent),
      ...(next < events.length ? nextPage(call, next) : {}),
    },
  };
}

function nextPage(call: Call, next: number): Record<string, unknown> {
  const query = new URLSearchParams(call.query);
  query.set('page[cursor]', String(next));
  return {
    meta: { page: { after: String(next) } },
    links: { next: `${call.origin}/api/v2/audit/events?${query.toString()}` },
  };
}

function toTime(text: string | undefined, now: string): number | undefined {
  if (text === undefined || text === '') return undefined;
  const relative = /^now(?:-(\d+)([smhd]))?$/.exec(text);
  if (relative === null) return Number.isNaN(Date.parse(text)) ? undefined : Date.parse(text);
  const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return Date.parse(now) - Number(relative[1] ?? 0) * (units[relative[2] ?? 's'] ?? 0);
}

function listEvents(call: Call): Reply {
  const get = (name: string): string | undefined => call.query.get(name) ?? undefined;
  return searchEvents(call, {
    from: get('filter[from]'),
    to: get('filter[to]'),
    sort: get('sort'),
    cursor: get('page[cursor]'),
    limit: limitOf(get('page[limit]')),
  });
}

function postSearch(call: Call): Reply {
  const body = isObject(call.body) ? call.body : {};
  const filter = isObject(body['filter']) ? body['filter'] : {};
  const page = isObject(body['page']) ? body['page'] : {};
  return searchEvents(call, {
    from: textOrNothing(filter['from']),
    to: textOrNothing(filter['to']),
    sort: textOrNothing(body['sort']),
    cursor: textOrNothing(page['cursor']),
    limit: limitOf(page['limit']),
  });
}

function textOrNothing(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function limitOf(value: unknown): number {
  const limit = Number(value ?? 10);
  return Number.isInteger(limit) && limit > 0 ? Math.min(limit, 1000) : 10;
}

export const auditRoutes: readonly Route[] = [
  { method: 'GET', pattern: '/api/v2/audit/events', permission: anyOf('audit_logs_read'), handler: listEvents },
  { method: 'POST', pattern: '/api/v2/audit/events/search', permission: anyOf('audit_logs_read'), handler: postSearch },
];
