import type { Access } from '../../domain/model.ts';

/** One leaver at the disable step. */
export interface Leaver {
  readonly eventId: string;
  readonly personId: string;
  readonly at: string;
}

/** A leaver that waits for a person, since the change budget is used up. */
export interface HeldLeaver {
  readonly eventId: string;
  readonly personId: string;
  readonly askedAt: string;
}

export interface Release {
  readonly actor: string;
  readonly reason?: string;
  readonly verdict: 'release' | 'reject';
  readonly at: string;
}

/** What an account held before Muster disabled it. */
export interface AccessBefore {
  readonly personId: string;
  readonly accountId: string;
  readonly eventId: string;
  readonly at: string;
  readonly access: Pick<Access, 'roles' | 'teams'>;
}
