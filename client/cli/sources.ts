import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Policy } from '../../domain/policy/rules.ts';
import { type Sender, senderNames, senders } from '../../domain/policy/senders.ts';
import type { Source } from '../../domain/policy/sources.ts';
import { rosterSystems } from '../../domain/policy/rosters.ts';
import type { ColumnUse } from '../intake/roster/columns.ts';
import type { CheckedField, CheckedItem } from '../intake/check.ts';
import { isJson } from './command.ts';
import { codeOf } from './failures.ts';
import { loadShellPolicy, readShellConfig } from './open.ts';
import { printResult } from './output.ts';
import { parseText } from './parse.ts';
import { renderTable } from './table.ts';
import type { Shell } from './shell.ts';
import { UsageError } from '../../domain/errors.ts';

interface CheckOptions {
  readonly record?: string;
}

interface SourceCheck {
  readonly source: string;
  readonly items: readonly CheckedItem[];
  readonly taken: number;
  readonly refused: number;
  readonly ignored: number;
}

interface RosterCheck {
  readonly source: string;
  readonly columns: readonly ColumnUse[];
  /** What the policy has to say before anything is applied. */
  readonly decisions: readonly string[];
  readonly refused: readonly { readonly line: number; readonly why: string }[];
  readonly taken: number;
}

const readyNames = [...new Set([...senderNames, ...rosterSystems])];

/** Further items are listed in a line each. */
const shownWhole = 5;

export function addSources(sources: Command, shell: Shell, setExitCode: (code: number) => void): void {
  sources
    .command('check')
    .argument('<name>', `a source of the policy, or a ready one: ${readyNames.join(', ')}`, parseText(100))
    .argument('<file>', 'a payload as the source sent it (JSON or a form), a CSV file, or with --record a record')
    .option('--record <id>', "the file is HR's record of this person, as fetchBack gets it", parseText(200))
    .description('what Muster understands of a saved payload or file, field by field; submits nothing')
    .addHelpText(
      'after',
      '\nExample: npx muster sources check merge payload.json\n' +
        'Exit code: 0 everything in it is taken, 1 something is refused, 2 the file cannot be read.',
    )
    .action(async (name: string, file: string, { record }: CheckOptions, command: Command) => {
      const policy = await loadShellPolicy(await readShellConfig(shell));
      if (/\.(csv|tsv|txt)$/i.test(file)) {
        const roster = await checkRosterFile(shell, policy, { name, file });
        printResult(shell, isJson(command), roster, () => renderRoster(shell, roster));
        if (roster.refused.length + roster.decisions.length > 0) setExitCode(1);
        return;
      }
      const check = await checkFile(sourceNamed(policy, name), policy, {
        body: await bytesOf(shell, file),
        record,
      });
      printResult(shell, isJson(command), check, () => render(shell, check));
      if (check.refused > 0) setExitCode(1);
    });
}

/** A file as `roster plan` reads it for this source, before it is compared with what is known. */
async function checkRosterFile(
  shell: Shell,
  policy: Policy,
  { name, file }: { readonly name: string; readonly file: string },
): Promise<RosterCheck> {
  const { readRoster, settingsOf } = await import('../intake/roster/read.ts');
  const system = policy.roster.system ?? rosterSystems.find((known) => known === name);
  const roster = await readRoster(
    resolve(shell.cwd, file),
    settingsOf({ ...policy, roster: { ...policy.roster, system } }, name),
  );
  const { columns, decisions, odd, rows } = roster;
  const refused = odd.map(({ line, message }) => ({ line, why: message }));
  return { source: name, columns, decisions, refused, taken: rows.length };
}

function renderRoster(shell: Shell, { columns, decisions, refused, taken }: RosterCheck): string {
  const used = renderTable(
    shell,
    ['column', 'field', 'note'],
    columns.map(({ column, field, note }) => [column, field ?? '', note ?? '']),
  );
  const asked = decisions.map((decision) => `To be decided: ${decision}`);
  const odd = refused.map(({ line, why }) => `Line ${line} is refused: ${why}`);
  const sum = `${taken} lines are taken, ${refused.length} have something that is not. Nothing was submitted.`;
  return [used.trimEnd(), ...asked, ...odd, sum].join('\n');
}

async function checkFile(
  source: Source,
  policy: Policy,
  { body, record }: { readonly body: Buffer; readonly record: string | undefined },
): Promise<SourceCheck> {
  const [{ checkPayload, checkRecord }, { formType, readBody }] = await Promise.all([
    import('../intake/check.ts'),
    import('../intake/webhooks/body.ts'),
  ]);
  const isJsonText = /^\s*[[{"]/.test(body.toString('utf8'));
  const payload = readBody(body, isJsonText ? 'application/json' : formType);
  const context = { source, policy, now: () => new Date() };
  const items =
    record === undefined ? await checkPayload(context, payload) : await checkRecord(context, payload, record);
  const count = (result: CheckedItem['result']): number => items.filter((one) => one.result === result).length;
  return { source: source.name, items, taken: count('taken'), refused: count('refused'), ignored: count('ignored') };
}

/** The policy's, else the ready one of that name as it is without a policy. */
function sourceNamed({ sources }: Policy, name: string): Source {
  const configured = sources.find((source) => source.name === name);
  if (configured !== undefined) return configured;
  const ready = senderNames.find((known) => known === name);
  if (ready === undefined) {
    const names = [...sources.map((source) => source.name), ...senderNames];
    throw new UsageError(`"${name}" is no source: name one of ${[...new Set(names)].join(', ')}`);
  }
  const { verify, map, fetchBack }: Sender = senders[ready];
  const known = { url: [], headers: {}, fields: {}, privateHosts: [], ...fetchBack };
  const { statuses } = known;
  return { name, verify, ...(map && { map }), ...(statuses && { fetchBack: { ...known, statuses } }) };
}

async function bytesOf(shell: Shell, file: string): Promise<Buffer> {
  try {
    return await readFile(resolve(shell.cwd, file));
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${codeOf(error)}`);
  }
}

function render(shell: Shell, { items, ...counts }: SourceCheck): string {
  const whole = items.slice(0, shownWhole).map((item) => renderItem(shell, item));
  const rest = items.slice(shownWhole).map((item) => titleOf(item));
  const { taken, refused, ignored } = counts;
  const sum = `${taken} taken, ${refused} refused, ${ignored} ignored. Nothing was submitted.`;
  return [...whole, ...(rest.length === 0 ? [] : [rest.join('\n')]), sum].join('\n\n');
}

function renderItem(shell: Shell, item: CheckedItem): string {
  const rows = item.fields.map((field) => [
    field.from,
    field.field,
    shownOf(field.said),
    readOf(field),
    field.note ?? '',
  ]);
  const table = renderTable(shell, ['in the source', 'field', 'said', 'read as', 'note'], rows);
  const unused = item.unused.length === 0 ? [] : [`Not used: ${item.unused.join(', ')}`];
  return [titleOf(item), ...(rows.length === 0 ? [] : [table.trimEnd()]), ...unused].join('\n');
}

function titleOf({ item, result, why, events, fetch }: CheckedItem): string {
  const outcome = [
    ...events.map(({ kind, effectiveAt }) => `${kind} on ${effectiveAt}`),
    ...(fetch === undefined ? [] : [fetch === '' ? 'the record is fetched' : `the record is fetched from ${fetch}`]),
    ...(why === undefined ? [] : [why]),
  ];
  return `Item ${item} is ${result}: ${outcome.join(', then ')}`;
}

const shownOf = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);

const readOf = ({ said, read }: CheckedField): string =>
  read !== undefined && read === said ? 'the same' : shownOf(read);
