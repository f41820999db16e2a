import type { FetchBack } from './sources.ts';
import { readyStatuses } from './statuses.ts';

/** Where HR's record of a person is, for senders whose events name the person alone: what is the same for every customer. */

export type ReadyRecord = Partial<
  Pick<FetchBack, 'url' | 'body' | 'token' | 'headers' | 'fields' | 'statuses' | 'settleMs'>
>;

export const readyRecords = {
  // https://documentation.bamboohr.com/docs/list-of-field-names
  bamboohr: {
    headers: { authorization: 'Basic {secret}' },
    fields: {
      email: '/workEmail',
      name: '/displayName',
      title: '/jobTitle',
      department: '/department',
      manager: '/supervisorEId',
      status: '/status',
      hireDate: '/hireDate',
      leaveDate: '/terminationDate',
    },
    statuses: readyStatuses.bamboohr,
  },
  // https://apidocs.hibob.com/reference/post_people-identifier and /docs/how-to-work-with-lists-public-api: dates for people are in
  // the order of the user who asks, so only names are read from there.
  hibob: {
    url: ['https://api.hibob.com/v1/people/{id}'],
    body: JSON.stringify({
      fields: [
        ...['root.id', 'root.email', 'root.displayName', 'work.title', 'work.department', 'work.reportsTo'],
        ...['work.startDate', 'internal.lifecycleStatus', 'internal.terminationDate'],
      ],
      humanReadable: 'APPEND',
    }),
    headers: { authorization: 'Basic {secret}' },
    fields: {
      email: '/email',
      name: '/displayName',
      title: '/humanReadable/work/title',
      department: '/humanReadable/work/department',
      manager: '/work/reportsTo/id',
      status: '/internal/lifecycleStatus',
      hireDate: '/work/startDate',
      leaveDate: '/internal/terminationDate',
    },
    statuses: readyStatuses.hibob,
    // Its API may show the old record for up to 20 seconds after the webhook: a leaver would be read as employed.
    settleMs: 30_000,
  },
  // https://developer.deel.com/api/reference/endpoints/people/get-person-by-id; where its list of people has the last day of direct
  // employees, Deel's own client library has that of anybody in the record of one person:
  // https://github.com/letsdeel/deel-api-java-sdk/blob/main/docs/PeopleByIdContainerData.md
  deel: {
    url: ['https://api.letsdeel.com/rest/v2/people/{id}'],
    headers: { authorization: 'Bearer {secret}' },
    fields: {
      email: '/data/emails/type=work/value',
      name: '/data/full_name',
      title: '/data/job_title',
      department: '/data/department/name',
      manager: '/data/direct_manager/id',
      status: '/data/hiring_status',
      hireDate: '/data/start_date',
      leaveDate: ['/data/termination_last_day', '/data/direct_employee_termination_last_day'],
    },
    statuses: readyStatuses.deel,
  },
  // https://developer.tryfinch.com/api-reference/organization/individual and /employment: who somebody is, and what they do.
  finch: {
    url: ['https://api.tryfinch.com/employer/individual', 'https://api.tryfinch.com/employer/employment'],
    body: '{"requests":[{"individual_id":"{id}"}]}',
    headers: { authorization: 'Bearer {secret}', 'finch-api-version': '2020-09-17' },
    fields: {
      personId: '/1/responses/0/individual_id',
      email: '/0/responses/0/body/emails/type=work/data',
      title: '/1/responses/0/body/title',
      department: '/1/responses/0/body/department/name',
      manager: '/1/responses/0/body/manager/id',
      status: '/1/responses/0/body/employment_status',
      hireDate: '/1/responses/0/body/start_date',
      leaveDate: '/1/responses/0/body/end_date',
    },
    statuses: readyStatuses.finch,
  },
  // https://developer.personio.de/reference/get_v2-persons-id and /get_v2-persons-person-id-employments: the newest is the first.
  personio: {
    url: ['https://api.personio.de/v2/persons/{id}', 'https://api.personio.de/v2/persons/{id}/employments?limit=1'],
    token: 'https://api.personio.de/v2/auth/token',
    headers: { authorization: 'Bearer {secret}' },
    fields: {
      personId: '/0/id',
      email: '/0/email',
      name: '/0/preferred_name',
      title: '/1/_data/0/position/title',
      manager: '/1/_data/0/supervisor/id',
      status: '/1/_data/0/status',
      hireDate: '/1/_data/0/employment_start_date',
      leaveDate: '/1/_data/0/employment_end_date',
    },
    statuses: readyStatuses.personio,
  },
  // https://github.com/Rippling/OpenAPIDocs, RipplingOpenAPI.v1.yaml
  rippling: {
    url: ['https://api.rippling.com/platform/api/employees/{id}'],
    headers: { authorization: 'Bearer {secret}' },
    fields: {
      email: '/workEmail',
      name: '/name',
      title: '/title',
      department: '/department',
      manager: '/manager',
      status: '/roleState',
      hireDate: '/startDate',
      leaveDate: '/endDate',
    },
    statuses: readyStatuses.rippling,
  },
} as const satisfies Readonly<Record<string, ReadyRecord>>;
