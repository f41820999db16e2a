import { kindsFoundAt } from '../../../domain/findings/catalog.ts';
import { severities } from '../../../domain/findings/kinds.ts';
import { phases } from '../../../domain/model.ts';
import { syncKinds } from '../../../domain/sync/kinds.ts';
import { kindsOfWork } from '../../../domain/workers.ts';
import type { EngineState } from './engineState.ts';
import { approvalBands, type Figures } from './figures.ts';

/** A figure of now. With a label, one value for each of its values. */
export type GaugeOf<State> = {
  readonly name: string;
  readonly help: string;
} & (
  | { readonly label?: undefined; readonly read: (state: State) => number }
  | {
      readonly label: string;
      readonly values: readonly string[];
      readonly read: (state: State) => Readonly<Record<string, number>>;
    }
);

/** By the record: every worker and gateway says the same. */
export const recordGauges: readonly GaugeOf<Figures>[] = [
  {
    name: 'muster_people',
    help: 'People with an open process, by its phase',
    label: 'phase',
    values: phases,
    read: ({ people }) => people,
  },
  {
    name: 'muster_leavers_due',
    help: 'Leavers who are due and whose access has not ended, at most 500',
    read: ({ leavers }) => leavers.due,
  },
  {
    name: 'muster_leavers_not_ended',
    help: 'Leavers who are late, or ended while the account is in use',
    read: ({ leavers }) => leavers.late,
  },
  {
    name: 'muster_people_not_told',
    help: 'People with an event that no process has taken up for a minute',
    read: ({ untold }) => untold,
  },
  {
    name: 'muster_approvals_open',
    help: 'Approvals that wait for a decision, by how long: up to an hour, a day, three days, a week, longer',
    label: 'age',
    values: approvalBands,
    read: ({ approvals }) => approvals,
  },
  {
    name: 'muster_approval_oldest_age_seconds',
    help: 'How long the oldest open approval has waited; 0 where none waits',
    read: ({ oldestApproval }) => oldestApproval,
  },
  {
    name: 'muster_refusals_open',
    help: 'Items of HR that were refused, and wait for a person: those that may be about a leaver, and others',
    label: 'about',
    values: ['leaver', 'other'],
    read: ({ refusals }) => refusals,
  },
  {
    name: 'muster_sync_age_seconds',
    help: 'Since a full sync last came to its end; NaN where none has',
    read: ({ syncAge }) => syncAge,
  },
  {
    name: 'muster_sync_complete',
    help: '1 where the last full sync read all of the kind, else 0',
    label: 'kind',
    values: syncKinds,
    read: ({ isKindComplete }) => isKindComplete,
  },
  {
    name: 'muster_sync_kind_age_seconds',
    help: 'Since all of the kind was read; NaN where it never was',
    label: 'kind',
    values: syncKinds,
    read: ({ kindAge }) => kindAge,
  },
  {
    name: 'muster_findings_open',
    help: 'Open findings that are not muted, by severity',
    label: 'severity',
    values: severities,
    read: ({ findings }) => findings,
  },
  {
    name: 'muster_processes',
    help: 'Workers and gateways that have reported to the record within 75 seconds',
    label: 'process',
    values: ['worker', 'gateway'],
    read: ({ processes }) => processes,
  },
];

/** By Temporal, asked from this process. */
export const engineGauges: readonly GaugeOf<EngineState>[] = [
  { name: 'muster_engine_up', help: '1 where Temporal answers this process, else 0', read: ({ isUp }) => isUp },
  {
    name: 'muster_trouble',
    help: 'What is wrong with Temporal, the workers and the sync, by the kind of finding, at most 100 of a kind',
    label: 'finding',
    values: kindsFoundAt('engine'),
    read: ({ troubles }) => troubles,
  },
  {
    name: 'muster_pollers',
    help: 'Living workers that ask Temporal for work, by the kind of work',
    label: 'work',
    values: kindsOfWork.map(({ name }) => name),
    read: ({ pollers }) => pollers,
  },
];
