import { expect } from '@jest/globals';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { RequestLog, RequestRecord, Simulator } from '../../simulator/index.ts';
import type { EvidenceRow } from '../../inventory/port/evidence.ts';

/** What Datadog carried out and what evidence says, in the same words, so that they can be compared. */
interface Ledger {
  /** Changes that a reading shows: each is one link. */
  readonly changes: readonly string[];
  /** Requests that no reading shows (invitations), by account: asked at least once. */
  readonly requests: ReadonlyMap<string, number>;
}

/** Where what was asked of Datadog is kept. */
type Asked = Pick<Simulator, 'users'> & { readonly requests: Pick<RequestLog, 'list'> };

/** Each write that Datadog carried out has one link, and no link is without a write. */
export async function expectOneLinkAWrite({
  inventory,
  simulator,
}: {
  readonly inventory: Inventory;
  readonly simulator: Asked;
}): Promise<void> {
  const links = await inventory.listEvidence({ limit: 10_000, offset: 0 });
  const carriedOut = carriedOutWrites(simulator);
  const evident = evidentWrites(links);
  expect(evident.changes).toEqual(carriedOut.changes);
  // An invitation is sent at least once: a round is one link, which says how often it was asked for.
  const said = saidRequests(links);
  for (const [name, count] of carriedOut.requests) {
    expect(evident.requests.get(name) ?? 0).toBeLessThanOrEqual(count);
    expect(said.get(name) ?? 0).toBeGreaterThanOrEqual(count);
  }
  for (const link of links.filter((one) => nameOfLink(one).length > 0)) {
    expect(link).toMatchObject({ actor: expect.any(String), reason: expect.any(String) });
    expect(link).toHaveProperty('before');
    expect(link).toHaveProperty('after');
  }
  expect(await inventory.verifyEvidence()).toMatchObject({ ok: true, count: links.length });
}

/** Every write that was carried out, whether or not its response arrived. */
function carriedOutWrites({ requests, users }: Asked): Ledger {
  const idOf = new Map(users().map(({ id, email }) => [email, id]));
  const done = requests
    .list()
    .filter(({ method, carriedOut }) => method !== 'GET' && carriedOut !== null && carriedOut < 300);
  return ledgerOf(done.map((request) => nameOf(request, idOf)));
}

/** Every link of a write, without links of decisions. */
function evidentWrites(links: readonly EvidenceRow[]): Ledger {
  return ledgerOf(links.flatMap(nameOfLink));
}

/** How often the links say that was asked for what no reading shows. */
function saidRequests(links: readonly EvidenceRow[]): ReadonlyMap<string, number> {
  const said = links.flatMap((link) => {
    const count = (link.after as { requests?: number } | undefined)?.requests ?? 1;
    return nameOfLink(link).flatMap((name) => Array.from({ length: count }, () => name));
  });
  return ledgerOf(said).requests;
}

const isUnreadable = (name: string): boolean => name.startsWith('invite ') || name.startsWith('cancel ');

function ledgerOf(names: readonly string[]): Ledger {
  const requests = new Map<string, number>();
  for (const name of names.filter(isUnreadable)) requests.set(name, (requests.get(name) ?? 0) + 1);
  return { changes: names.filter((name) => !isUnreadable(name)).toSorted(), requests };
}

interface SentBody {
  readonly data?: {
    readonly id?: string;
    readonly attributes?: { readonly email?: string; readonly disabled?: boolean };
    readonly relationships?: SentUser;
  };
}
interface SentUser {
  readonly user?: { readonly data?: { readonly id?: string } };
}
interface SentInvitations {
  readonly data?: readonly { readonly relationships?: SentUser }[];
}

function nameOf({ method, path, body }: RequestRecord, idOf: ReadonlyMap<string, string>): string {
  const [, , , kind = '', id = '', part = '', member = ''] = path.split('/');
  const sent: SentBody = body === '' ? {} : JSON.parse(body);
  const sentTo: SentInvitations = body === '' ? {} : JSON.parse(body);
  switch (`${method} ${kind} ${part}`.trim()) {
    case 'POST users':
      return `create ${idOf.get(sent.data?.attributes?.email?.toLowerCase() ?? '') ?? 'nobody'}`;
    case 'PATCH users':
      return `${sent.data?.attributes?.disabled === false ? 'enable' : 'update'} ${id}`;
    case 'DELETE users':
      return `disable ${id}`;
    case 'POST user_invitations':
      return `invite ${sentTo.data?.[0]?.relationships?.user?.data?.id ?? ''}`;
    case 'DELETE users invitations':
      return `cancel ${id}`;
    case 'POST roles users':
      return `assign role ${id} to ${sent.data?.id ?? ''}`;
    case 'DELETE roles users':
      return `remove role ${id} from ${sent.data?.id ?? ''}`;
    case 'POST team memberships':
      return `assign team ${id} to ${sent.data?.relationships?.user?.data?.id ?? ''}`;
    case 'DELETE team memberships':
      return `remove team ${id} from ${member}`;
    default:
      return `${method} ${path}`;
  }
}

interface Said {
  readonly id?: string;
  readonly accountId?: string;
}

function nameOfLink({ action, before, after }: EvidenceRow): readonly string[] {
  const [was, is] = [(before ?? {}) as Said, (after ?? {}) as Said];
  switch (action) {
    case 'create account':
    case 'enable account':
    case 'update account':
    case 'disable account':
      return [`${action.replace(' account', '')} ${is.id ?? ''}`];
    case 'send invitation':
      return [`invite ${is.accountId ?? ''}`];
    case 'cancel invitations':
      return [`cancel ${is.accountId ?? ''}`];
    case 'assign role':
    case 'assign team':
      return [`${action} ${is.id ?? ''} to ${is.accountId ?? ''}`];
    case 'remove role':
    case 'remove team':
      return [`${action} ${was.id ?? ''} from ${is.accountId ?? ''}`];
    default:
      return [];
  }
}
