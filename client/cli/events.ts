import type { Command } from 'commander';
import type { Inventory } from '../../inventory/port/inventory.ts';
import type { IntakeRow } from '../../inventory/port/people.ts';
import { withInventory } from './open.ts';
import { parseCount, parsePersonId } from './parse.ts';
import { addListOptions, printList, type List } from './rows.ts';
import type { Shell } from './shell.ts';
import { addCancel } from './undo.ts';

export function addEvents(events: Command, shell: Shell): void {
  addCancel(events, shell);
  addListOptions(events.command('list'))
    .description('events that wait their turn; of one person all events, with their outcome')
    .option('--person <id>', 'all events of this person', parsePersonId)
    .option('--limit <n>', 'at most so many waiting events', parseCount, 100)
    .addHelpText('after', '\nExample: npx muster events list --person e-1042')
    .action(async ({ person, limit }: { person?: string; limit: number }, command: Command) => {
      const rows = await withInventory(shell, (inventory) => listEvents(inventory, person, limit));
      printList(shell, command, rows, eventList);
    });
}

const eventList: List<IntakeRow> = {
  columns: {
    event: ({ event }) => event.eventId,
    kind: ({ event }) => event.kind,
    person: ({ event }) => event.personId,
    effectiveAt: ({ event }) => event.effectiveAt,
    receivedAt: ({ receivedAt }) => receivedAt,
    outcome: ({ outcome }) => outcome?.kind ?? 'waiting',
    detail: ({ outcome }) => outcome?.detail,
    source: ({ event }) => event.source,
    reason: ({ event }) => event.reason,
  },
  shown: ['event', 'kind', 'person', 'effectiveAt', 'outcome', 'detail'],
  none: 'No event waits.',
};

async function listEvents(inventory: Inventory, personId: string | undefined, limit: number) {
  if (personId === undefined) return inventory.waitingEvents({ limit });
  const history = await inventory.personHistory(personId);
  return history?.events ?? inventory.waitingEvents({ personId, limit });
}
