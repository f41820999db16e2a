import type { Entitlement } from '../../domain/model.ts';

/** An entitlement that Muster granted, took over or found: since, until, and why. */
export interface GrantRow {
  readonly personId: string;
  readonly accountId: string;
  readonly kind: Entitlement['kind'];
  readonly id: string;
  readonly name: string;
  readonly since: string;
  readonly until?: string;
  readonly reason: 'birthright' | 'request' | 'exception' | 'adopted' | 'preexisting';
  /** The policy rule, the approval or the event that granted it. */
  readonly because?: string;
}
