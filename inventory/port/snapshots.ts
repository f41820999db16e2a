import type { AccountSnapshot } from '../../domain/findings/accounts.ts';
import type { PersonSnapshot } from '../../domain/findings/drift.ts';
import type { RoleSnapshot } from '../../domain/findings/roles.ts';
import type { Nhi } from '../../domain/sync/kinds.ts';
import type { TeamRow } from './accounts.ts';

/** A page of rows by id, and the id to go on after; without it there is no more. */
export interface SnapshotPage<T> {
  readonly snapshots: readonly T[];
  readonly next?: string;
}

/** What holds for the whole organization, read once an assessment. */
export interface OrganizationSnapshot {
  /** Those that are there. */
  readonly roles: readonly (RoleSnapshot & { readonly permissions: readonly string[] })[];
  readonly teams: readonly TeamRow[];
  readonly roleMappings: readonly Nhi[];
  readonly isLoginReported: boolean;
  /** E-mail domains of the people of a source of which a complete roster was applied. */
  readonly completeDomains: ReadonlySet<string>;
  /** People whose process is at work, or is about to be. */
  readonly busyPeople: ReadonlySet<string>;
  /** People whose leave has ended on record, and of whom it is not known that their access has. */
  readonly leaving: ReadonlySet<string>;
  /** Subjects of drift that were repaired too often. */
  readonly contested: ReadonlySet<string>;
  /** People employed whose account is Active. */
  readonly activeBound: number;
}

/** An account that is somebody's whose process has just ended may have been read before that. */
export interface PersonPageSnapshot extends PersonSnapshot {
  readonly finishedAt?: string;
}
export interface AccountPageSnapshot extends AccountSnapshot {
  readonly finishedAt?: string;
}
