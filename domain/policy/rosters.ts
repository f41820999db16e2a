import { readyStatuses, type StatusMap } from './statuses.ts';

/** Exports of known systems as CSV, as data. Customers rename columns: what the file does not have is not taken. */

export interface ReadyRoster {
  /** `documented` in the vendor's reference; `usual` where each customer builds the report, and keeps the fields' labels. */
  readonly known: 'documented' | 'usual';
  /** Field → header. */
  readonly columns: Readonly<Record<string, string>>;
  readonly statuses: StatusMap;
  /** Further columns that the export always has, and that say nothing that Muster needs. */
  readonly ignore: readonly string[];
  /** Words in the column of the manager for nobody. */
  readonly nobody: readonly string[];
  /** The second line holds labels of the columns, and no person. */
  readonly hasLabels: boolean;
}

const plain = { ignore: [], nobody: [], hasLabels: false } as const;

export const readyRosters = {
  // The user data file: keys in the first line, labels in the second.
  // https://userapps.support.sap.com/sap/support/knowledge/en/2087504
  successfactors: {
    known: 'documented',
    columns: {
      externalId: 'USERID',
      email: 'EMAIL',
      title: 'TITLE',
      department: 'DEPARTMENT',
      manager: 'MANAGER',
      timeZone: 'TIMEZONE',
      status: 'STATUS',
      startDate: 'HIREDATE',
      endDate: 'COMPANYEXITDATE',
    },
    statuses: readyStatuses.successfactors,
    ignore: ['USERNAME', 'FIRSTNAME', 'MI', 'LASTNAME', 'GENDER', 'HR', 'JOBCODE', 'DIVISION', 'LOCATION', 'EMPID'],
    nobody: ['NO_MANAGER', 'NO_MGR'],
    hasLabels: true,
  },
  // Labels of the fields of a custom report: https://help.merge.dev/en/articles/8694660-workday-how-do-i-send-hris-data-via-sftp
  workday: {
    ...plain,
    known: 'usual',
    columns: {
      externalId: 'Employee ID',
      email: 'Email - Primary Work',
      name: 'Preferred Name',
      title: 'Business Title',
      department: 'Supervisory Organization',
      manager: 'Manager ID',
      status: 'Worker Status',
      startDate: 'Hire Date',
      endDate: 'Termination Date',
    },
    statuses: readyStatuses.workday,
  },
  bamboohr: {
    ...plain,
    known: 'usual',
    columns: {
      externalId: 'Employee #',
      email: 'Work Email',
      title: 'Job Title',
      department: 'Department',
      status: 'Status',
      startDate: 'Hire Date',
      endDate: 'Termination Date',
    },
    statuses: readyStatuses.bamboohr,
  },
  personio: {
    ...plain,
    known: 'usual',
    columns: {
      externalId: 'Employee ID',
      email: 'Email',
      title: 'Position',
      department: 'Department',
      status: 'Status',
      startDate: 'Hire date',
      endDate: 'Termination date',
    },
    statuses: readyStatuses.personio,
  },
  hibob: {
    ...plain,
    known: 'usual',
    columns: {
      externalId: 'Employee ID',
      email: 'Email',
      name: 'Display name',
      title: 'Job title',
      department: 'Department',
      status: 'Lifecycle status',
      startDate: 'Start date',
      endDate: 'Termination date',
    },
    statuses: readyStatuses.hibob,
  },
} as const satisfies Readonly<Record<string, ReadyRoster>>;

export type RosterSystem = keyof typeof readyRosters;
export const rosterSystems = Object.keys(readyRosters) as RosterSystem[];
