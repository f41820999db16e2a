import type { Entitlement, HrEvent, PersonAttributes, PersonRecord } from '../../../domain/model.ts';
import type { PolicyRule } from '../../../domain/policy/rules.ts';
import type { ColumnUse } from './columns.ts';
import type { OddRow, RowIdentity, RowProblem } from './read.ts';

/** A person with what Muster knows of them and what waits in their mailbox. */
export interface RosterPerson extends PersonRecord {
  /** Of their account, as it was last seen. */
  readonly accountStatus?: string;
  /** Absent where this source has not named them yet. */
  readonly externalId?: string;
  /** Whether no higher source has named them. */
  readonly isFirst: boolean;
  /** Whether any source has named them. */
  readonly isNamed: boolean;
  /** What this source itself has said of somebody whom a higher one has named. */
  readonly own?: PersonAttributes;
  /** Since when they have left. */
  readonly leftAt?: string;
  readonly waiting: readonly HrEvent[];
}

export interface RosterState {
  readonly people: readonly RosterPerson[];
  /** E-mails and personIds of all known people, case-folded: a row may name them as manager. */
  readonly known: ReadonlySet<string>;
  /** Since when complete rosters have not named these people. */
  readonly absences: ReadonlyMap<string, string>;
  /** E-mails of active human accounts that belong to nobody. */
  readonly unboundEmails: readonly string[];
  /** How many active human accounts are known at all: none before the first sync. */
  readonly knownAccounts: number;
  /** How many more people may lose something before the change budget holds the next one. */
  readonly room: number;
}

export interface RosterRules {
  readonly source: string;
  /** The file is the whole workforce of its source. */
  readonly isComplete: boolean;
  readonly defaultTimeZone: string;
  readonly absence: { readonly action: 'report' | 'leave'; readonly afterDays: number };
  /** Whether this source may end the employment of a person whom a higher source has named. */
  readonly mayEndEmployment: boolean;
  /** How many may leave at once, or be missing, before a person has to approve. */
  readonly budget: number;
  readonly rules: readonly PolicyRule[];
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
  readonly encoding: string;
  readonly delimiter: string;
  readonly columns: readonly ColumnUse[];
  /** What the policy has to say before anything is applied. */
  readonly decisions: readonly string[];
  readonly items: readonly RosterItem[];
  /** Whether it shows missing people: the file is the whole workforce, and every row was read. */
  readonly isWhole: boolean;
  /** Rows that this source has not named before: they are bound to a person first. */
  readonly unbound: readonly { readonly externalId?: string; readonly email?: string }[];
  /** People who go on under another id of the source: the account stays theirs. */
  readonly replaced: readonly Replaced[];
  readonly access: AccessPreview;
  readonly unchanged: number;
  /** Lines that cannot be read, or not whole. */
  readonly problems: readonly RowProblem[];
  /** Lines that contradict another line or what is known. */
  readonly contradictions: readonly RowProblem[];
  /** People of this source who are not in the file. */
  readonly missing: readonly { readonly personId: string; readonly since?: string }[];
  /** E-mails of active accounts that belong to nobody and are in no row. */
  readonly orphanedAccounts: readonly string[];
  /** How many active human accounts are known: none before the first sync. */
  readonly knownAccounts: number;
  readonly budget: { readonly limit: number; readonly leavers: number; readonly isExceeded: boolean };
}

/** What the policy's rules give before and after, person by person. */
export interface AccessPreview {
  readonly changes: readonly AccessChange[];
  /** How many people gain and lose each role and team. */
  readonly totals: readonly (Entitlement & { readonly gain: number; readonly lose: number })[];
  /** People who lose something as soon as it is applied. */
  readonly losers: number;
  /** How many of them the change budget would hold. */
  readonly held: number;
}

export interface AccessChange {
  readonly line: number;
  readonly person: string;
  /** Absent: as soon as it is applied. */
  readonly effectiveAt?: string;
  readonly gains: readonly Gain[];
  readonly loses: readonly Entitlement[];
}

export interface Gain extends Entitlement {
  readonly needsApproval?: true;
}

/** One person under two ids of the source. */
export interface Replaced {
  /** Of the id that goes on. */
  readonly line: number;
  readonly externalId: string;
  readonly email?: string;
  /** Absent for one who is not known yet. */
  readonly personId?: string;
  /** The person whose id has ended. */
  readonly replaces: string;
}

/** A line that is not applied, for the record. */
export interface RowRefusal extends OddRow {
  readonly personId?: string;
  readonly kind?: RosterItem['kind'];
}

export interface PlannedRoster {
  readonly plan: RosterPlan;
  readonly refused: readonly RowRefusal[];
  /** Rows that are taken whole. */
  readonly taken: readonly RowIdentity[];
}

/** What a row, or its absence, changes for one person. */
export type Change = Pick<RosterItem, 'kind' | 'effectiveAt' | 'person' | 'because'>;
