import { readyStatuses, type StatusMap } from './statuses.ts';

/** Exports of known systems as CSV, as data. Customers rename columns: what the file does not have is not taken. */

export interface ReadyRoster {
  /**
   * `documented`: the file itself is, in the vendor's reference; `labels`: its columns are the fields that the customer chose, by
   * labels that the vendor publishes; `usual`: not all of these labels are published.
   */
  readonly known: 'documented' | 'labels' | 'usual';
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
  // Labels of the fields of a custom report. That of the e-mail is published:
  // https://help.merge.dev/en/articles/8694660-workday-how-do-i-send-hris-data-via-sftp; the others are what customers' files have.
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
  // English names of fields: https://documentation.bamboohr.com/docs/global-webhooks. "Termination Date" is not among these, nor is
  // "Manager's email", which replies of its reports have.
  bamboohr: {
    ...plain,
    known: 'usual',
    ignore: ['Last changed'],
    columns: {
      externalId: 'Employee #',
      email: 'Work Email',
      title: 'Job Title',
      department: 'Department',
      manager: "Manager's email",
      status: 'Status',
      startDate: 'Hire Date',
      endDate: 'Termination Date',
    },
    statuses: readyStatuses.bamboohr,
  },
  // Labels of the attributes of an employee: https://github.com/personio/api-docs, personio-personnel-data-api-oa3.yaml
  personio: {
    ...plain,
    known: 'labels',
    ignore: ['Probation period end', 'created_at', 'Last modified'],
    columns: {
      externalId: 'ID',
      email: 'Email',
      title: 'Position',
      department: 'Department',
      status: 'Status',
      startDate: 'Hire date',
      endDate: 'Termination date',
    },
    statuses: readyStatuses.personio,
  },
  // "Email" is published (https://apidocs.hibob.com/docs/create-employee), and so is "Lifecycle status" with its values; the others
  // are not.
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
