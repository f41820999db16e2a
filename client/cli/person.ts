import { Option, type Command } from 'commander';
import type { PersonStatus } from '../../domain/contracts.ts';
import { FailedError } from '../../domain/errors.ts';
import { isJson } from './command.ts';
import { addLinks } from './links.ts';
import { explainFailure } from './failures.ts';
import { addOperator, whyOf, withOperator, type OperatorOptions } from './operator.ts';
import { readShellConfig, withInventory, withMuster } from './open.ts';
import { printMessage, printResult } from './output.ts';
import { parseCount, parseOffset, parsePersonId } from './parse.ts';
import { renderPerson, type PersonView } from './personView.ts';
import { addListOptions, addWide, printList, widened, type List } from './rows.ts';
import type { Shell } from './shell.ts';
import { addRestore } from './undo.ts';
import type { PersonRow } from '../../inventory/port/people.ts';

export function addPerson(person: Command, shell: Shell): void {
  addWide(person.command('show'))
    .argument('<id>', "HR's id of the person", parsePersonId)
    .description('state, process, what it waits for; access with since when, why and who approved it; history')
    .addHelpText('after', '\nExample: npx muster person show e-1042')
    .action(async (id: string, options: { readonly wide?: boolean }, command: Command) => {
      const view = await showPerson(shell, id);
      printResult(shell, isJson(command), view, () => renderPerson(widened(shell, options), view));
    });
  addListOptions(person.command('list'))
    .description('people with their processes')
    .addOption(
      new Option('--employment <state>', 'people in this state only').choices([
        'unknown',
        'joining',
        'employed',
        'left',
      ]),
    )
    .option('--limit <n>', 'at most so many', parseCount, 100)
    .option('--offset <n>', 'skip so many first', parseOffset, 0)
    .addHelpText('after', '\nExample: npx muster person list --employment joining')
    .action(async (filter: { employment?: string; limit: number; offset: number }, command: Command) => {
      const people = await withInventory(shell, (inventory) => inventory.listPeople(filter));
      printList(shell, command, people, personList);
    });
  addLinks(person, shell);
  addRestore(person, shell);
  addOperator(person.command('retry'))
    .argument('<id>', "HR's id of the person", parsePersonId)
    .description(
      'compare the access with the policy again, and mend what is missing; what is blocked looks again at once',
    )
    .addHelpText('after', '\nExample: npx muster person retry e-1042')
    .action(async (id: string, options: OperatorOptions, command: Command) => {
      const submitted = await withOperator(shell, command, (by, { muster }) =>
        muster.retry(id, { by, ...whyOf(options) }),
      );
      printResult(
        shell,
        isJson(command),
        submitted,
        () => `Event ${submitted.eventId} is recorded; the process is ${submitted.workflowId}.`,
      );
    });
}

async function showPerson(shell: Shell, id: string): Promise<PersonView> {
  const history = await withInventory(shell, (inventory) => inventory.personHistory(id));
  if (history === undefined) {
    throw new FailedError(`No person ${id} is known: \`npx muster person list\` shows all; a joiner event adds one`);
  }
  const status = await askProcess(shell, id);
  return { ...history, status };
}

/** The inventory is read even without an engine; then only the live part is missing, and a message says so. */
async function askProcess(shell: Shell, id: string): Promise<PersonStatus | undefined> {
  const { temporal } = await readShellConfig(shell);
  if (temporal.connection === undefined) {
    printMessage(shell, 'No engine runs here (`npm start`): this is what the inventory remembers.');
    return undefined;
  }
  try {
    return await withMuster(shell, ({ muster }) => muster.status(id));
  } catch (error) {
    printMessage(
      shell,
      `The open process could not be asked, this is what the inventory remembers: ${explainFailure(error)}`,
    );
    return undefined;
  }
}

const personList: List<PersonRow> = {
  columns: {
    person: (row) => row.personId,
    email: (row) => row.attributes?.email,
    name: (row) => row.attributes?.name,
    title: (row) => row.attributes?.title,
    department: (row) => row.attributes?.department,
    manager: (row) => row.attributes?.manager,
    employment: (row) => row.employment,
    account: (row) => row.accountStatus,
    accountId: (row) => row.accountId,
    process: (row) => row.process,
    phase: (row) => row.phase,
    waitingFor: (row) => row.waitingFor,
    until: (row) => row.until,
    lastError: (row) => row.lastError,
  },
  shown: ['person', 'email', 'employment', 'account', 'phase', 'waitingFor', 'until', 'lastError'],
  spare: ['account', 'until', 'waitingFor', 'lastError'],
  none: 'Nobody is known yet: a joiner event adds a person.',
};
