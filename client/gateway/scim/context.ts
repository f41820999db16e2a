import type { Clocked } from './events.ts';
import type { ReportIgnored } from './ignored.ts';
import type { Settler } from './settler.ts';
import type { Turns } from './turns.ts';

/** What the routes of SCIM need. */
export interface ScimContext extends Clocked {
  readonly turns: Turns;
  readonly settler: Settler;
  readonly report: ReportIgnored;
}
