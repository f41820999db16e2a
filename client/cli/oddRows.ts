import type { OddRows } from '../../domain/sync/oddRows.ts';
import type { SyncRunRow } from '../../inventory/port/syncRuns.ts';
import type { Shell } from './shell.ts';
import { renderTable } from './table.ts';

/** Of the last run that has ended. */
export function oddRowsOf(shell: Shell, runs: readonly SyncRunRow[]): string | undefined {
  const odd = runs.find(({ summary }) => summary !== undefined)?.summary?.odd;
  return odd === undefined || odd.count === 0 ? undefined : renderOddRows(shell, odd);
}

export function renderOddRows(shell: Shell, { count, rows }: OddRows): string {
  const some = rows.length < count ? `, of which ${rows.length} are shown` : '';
  const title = `Rows of Datadog that could not be read, or not wholly: ${count}${some}. What is known of them stays as it is.`;
  const cells = rows.map(({ list, id, why }) => [list, id ?? 'without an id', why]);
  return `${title}\n${renderTable(shell, ['list', 'id', 'why'], cells)}`;
}
