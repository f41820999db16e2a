/** What HR's words for a status mean, as data. A word that stands nowhere is not known: it ends no employment. */

export interface StatusMap {
  /** Employed, or going to be. */
  readonly active: readonly string[];
  /** Employed and away for a while: the access stays. */
  readonly leaveOfAbsence: readonly string[];
  /** Not employed any more. */
  readonly ended: readonly string[];
}

/** Words that mean the same wherever they are used, for files of a system that is not known. */
export const commonStatuses: StatusMap = {
  active: [
    ...['active', 'employed', 'current', 'working', 'hired', 'full-time', 'full time', 'part-time', 'part time'],
    ...['onboarding', 'preboarding', 'pre-hire', 'prehire', 'new hire', 'probation', 'notice period'],
  ],
  leaveOfAbsence: [
    ...['leave', 'on leave', 'leave of absence', 'loa', 'on leave of absence', 'paid leave', 'unpaid leave'],
    ...['parental leave', 'maternity leave', 'paternity leave', 'medical leave', 'sick leave', 'long-term leave'],
    ...['sabbatical', 'military leave', 'furlough', 'furloughed'],
  ],
  // Not "inactive": in HiBob and SuccessFactors it may be a leave of absence.
  ended: ['terminated', 'ended', 'left', 'leaver', 'former', 'former employee', 'retired', 'resigned', 'deceased'],
};

/** Those of the known systems, as their own references explain them. */
export const readyStatuses = {
  bamboohr: {
    active: ['Active', 'Full-Time', 'Part-Time', 'Contractor', 'Intern'],
    leaveOfAbsence: ['Leave of Absence', 'Furloughed'],
    ended: ['Inactive', 'Terminated'],
  },
  // https://help.hibob.com/hc/en-us/articles/4409776355857, and kinds of leave that customers add. "Inactive" is neither: it is said
  // of people on leave too. Nor is "Garden leave": whether access stays is the policy's word.
  hibob: {
    active: ['Active', 'Employed', 'Hired'],
    leaveOfAbsence: ['Leave', 'On leave', 'Long leave', 'Parental leave', 'Temporary leave'],
    ended: ['Terminated'],
  },
  // https://developer.personio.de/changelog/employee-api-added-status-and-supervisor_id-fields
  personio: { active: ['active', 'onboarding'], leaveOfAbsence: ['leave'], ended: ['inactive'] },
  merge: { active: ['ACTIVE', 'PENDING'], leaveOfAbsence: [], ended: ['INACTIVE'] },
  finch: {
    active: ['active', 'onboarding', 'prehire'],
    leaveOfAbsence: ['leave'],
    ended: ['terminated', 'retired', 'deceased'],
  },
  // https://github.com/letsdeel/deel-api-java-sdk/blob/main/docs/PeopleApi.md. "cancelled" and "pending" are said of contracts, of
  // which somebody may have another: they are not known here.
  deel: { active: ['active', 'onboarding', 'offboarding'], leaveOfAbsence: [], ended: ['inactive'] },
  // https://github.com/Rippling/OpenAPIDocs, RipplingOpenAPI.v1.yaml. "INIT" is neither: nobody has been hired yet.
  rippling: { active: ['ACTIVE', 'HIRED', 'ACCEPTED'], leaveOfAbsence: [], ended: ['TERMINATED'] },
  // "Inactive" stands for a leave of absence too, and "T" for a termination in one export and for true in another.
  successfactors: {
    active: ['Active', 'A', 'Dormant', 'D'],
    leaveOfAbsence: ['Unpaid Leave', 'U', 'Paid Leave', 'P', 'Furlough', 'F'],
    ended: ['Terminated', 'Retired', 'R'],
  },
  workday: { active: ['Active'], leaveOfAbsence: ['On Leave'], ended: ['Terminated', 'Retired'] },
} as const satisfies Readonly<Record<string, StatusMap>>;
