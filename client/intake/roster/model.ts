import type { HrEvent, PersonAttributes, PersonRecord } from '../../../domain/model.ts';
import type { RowProblem } from './read.ts';

/** A person with what Muster knows of them and what waits in their mailbox. */
export interface RosterPerson extends PersonRecord {
  /** Absent where this source has not named them yet. */
  readonly externalId?: string;
  /** Whether no higher source has named them. */
  readonly isFirst: boolean;
  /** Whether any source has named them. */
  readonly isNamed: boolean;
  /** What this source itself has said of somebody whom a higher one has named. */
  readonly own?: PersonAttributes;
  readonly waiting: readonly HrEvent[];
}

export interface RosterState {
  readonly people: readonly RosterPerson[];
  /** E-mails and personIds of all known people, case-folded: a row may name them as manager. */
  readonly known: ReadonlySet<string>;
  /** Since when complete rosters have not named these people. */
  readonly absences: ReadonlyMap<string, string>;
  /** Active human accounts that belong to nobody. */
  readonly unboundEmails: readonly string[];
}

export interface RosterRules {
  readonly source: string;
  /** The file is the whole workforce of its source. */
  readonly isComplete: boolean;
  readonly defaultTimeZone: string;
  readonly absence: { readonly action: 'report' | 'leave'; readonly afterDays: number };
  /** Whether this source may end the employment of a person whom a higher source has named. */
  readonly mayEndEmployment: boolean;
  /** How many may leave, or be missing, before a person has to approve. */
  readonly budget: number;
  readonly now: Date;
}

export interface RosterItem {
  /** 0 for a person who is missing from the file. */
  readonly line: number;
  /** Absent for a new person. */
  readonly personId?: string;
  readonly externalId?: string;
  readonly kind: 'joiner' | 'mover' | 'leaver' | 'leaverRescinded';
  /** Absent: as soon as it is applied. */
  readonly effectiveAt?: string;
  readonly person?: PersonAttributes;
  readonly because: string;
  /** Follows from the source, the person, the content and what was applied before: the same plan again changes nothing. */
  readonly eventId: string;
}

export interface RosterPlan {
  readonly source: string;
  readonly hash: string;
  readonly items: readonly RosterItem[];
  /** Whether it shows missing people: the file is the whole workforce, and every row was read. */
  readonly isWhole: boolean;
  /** Rows that this source has not named before: they are bound to a person first. */
  readonly unbound: readonly { readonly externalId?: string; readonly email: string }[];
  readonly unchanged: number;
  /** Lines that cannot be read: not planned. */
  readonly problems: readonly RowProblem[];
  /** Lines that contradict another line or what is known. */
  readonly contradictions: readonly RowProblem[];
  /** People of this source who are not in the file. */
  readonly missing: readonly { readonly personId: string; readonly since?: string }[];
  /** E-mails of active accounts that belong to nobody and are in no row. */
  readonly orphanedAccounts: readonly string[];
  readonly budget: { readonly limit: number; readonly leavers: number; readonly isExceeded: boolean };
}

/** What a row, or its absence, changes for one person. */
export type Change = Pick<RosterItem, 'kind' | 'effectiveAt' | 'person' | 'because'>;
