import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readRoster, settingsOf, type RosterSettings } from '../../../../client/intake/roster/read.ts';
import { examplePolicyPath } from '../../../../config/config.ts';
import type { RosterSystem } from '../../../../domain/policy/rosters.ts';
import { parsePolicy } from '../../../../policy/file.ts';
import { UsageError } from '../../../../domain/errors.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'muster-roster-'))));
afterAll(() => rm(folder, { recursive: true }));

const policy = parsePolicy(readFileSync(examplePolicyPath, 'utf8'), 'policy.yaml', { datadogIsSimulator: true });
const settings = settingsOf({ ...policy, defaultTimeZone: 'Europe/Berlin' }, 'hr');
const ofSystem = (system: RosterSystem) => settingsOf({ ...policy, roster: { ...policy.roster, system } }, 'hr');

async function read(text: string | Uint8Array, more: Partial<RosterSettings> = {}) {
  const path = join(folder, 'people.csv');
  await writeFile(path, text);
  return readRoster(path, { ...settings, ...more });
}

const saying = (odd: Awaited<ReturnType<typeof read>>['odd']) => odd.map(({ line, message }) => ({ line, message }));

test('columns come in any order, by usual or mapped names; others are said to be not used', async () => {
  const text = '\uFEFFJob Title,Work E-Mail,Kostenstelle,Employee #,secret\r\nEngineer,ada@example.com,42,e-1,x\r\n';
  const columns = { email: 'Work E-Mail', costCentre: 'Kostenstelle' };
  expect(await read(text, { columns })).toEqual({
    rows: [{ line: 2, externalId: 'e-1', email: 'ada@example.com', title: 'Engineer', extra: { costCentre: '42' } }],
    cells: new Map([[2, { externalId: 'e-1', email: 'ada@example.com', title: 'Engineer', costCentre: '42' }]]),
    odd: [],
    columns: [
      { column: 'Job Title', field: 'title' },
      { column: 'Work E-Mail', field: 'email' },
      { column: 'Kostenstelle', field: 'costCentre' },
      { column: 'Employee #', field: 'externalId' },
      { column: 'secret', note: 'not known' },
    ],
    decisions: [],
    encoding: 'utf-8',
    delimiter: 'comma',
  });
});

test.each<[string, string, RegExp]>([
  [
    'two columns of one field',
    'Email,Work Email\na@example.com,b@example.com',
    /"Email" and "Work Email" may each be the email/,
  ],
  ['a form of address as title', 'Email,Title\na@example.com,Mr\nb@example.com,Mrs.', /"Title" holds forms of address/],
  ['a column that is called a status', 'Email,Visa Status\na@example.com,H1', /"Visa Status" looks like a status/],
  [
    'a column that holds statuses',
    'Email,X\na@example.com,Active\nb@example.com,Terminated',
    /"X" looks like a status/,
  ],
  ['a column that is called a date', 'Email,Probation Date\na@example.com,soon', /"Probation Date" looks like a date/],
  ['a column that holds dates', 'Email,Austritt\na@example.com,31.12.2026', /"Austritt" looks like a date/],
  ['a column that is called an id', 'Email,Payroll ID,ID\na@example.com,X7,1', /"Payroll ID" looks like an id/],
  ['a column that holds ids', 'Email,X\na@example.com,P-1\nb@example.com,P-2', /"X" looks like an id/],
])('%s is asked, and decided by the policy', async (_title, text, message) => {
  const asked = await read(text);
  expect(asked.decisions).toEqual([expect.stringMatching(message)]);
  const [email = '', ...others] = text.split('\n')[0]?.split(',') ?? [];
  const ignored = others.filter((column) => column !== 'ID');
  expect((await read(text, { columns: { email }, ignore: ignored })).decisions).toEqual([]);
});

test('a private e-mail is never taken, and a birthday is no date that counts', async () => {
  const text = 'id,Personal Email,Work Email,Date of Birth\n1,home@example.org,a@example.com,1990-01-31\n';
  const { rows, decisions } = await read(text);
  expect(rows).toMatchObject([{ email: 'a@example.com' }]);
  expect(decisions).toEqual([]);
  await expect(read('id,Private E-Mail\n1,home@example.org\n')).rejects.toThrow(/No column holds the e-mail/);
});

test('a status is read by the policy, else by common words; an unknown one holds its person', async () => {
  const text =
    'id,email,status\n1,a@example.com, ACTIVE\n2,b@example.com,Garden leave\n3,c@example.com,terminated\n4,d@example.com,Weg\n';
  const { rows, odd } = await read(text, {
    words: [{ active: [], leaveOfAbsence: [], ended: ['weg'] }, ...settings.words],
  });
  expect(rows.map(({ externalId, status }) => [externalId, status])).toEqual([
    ['1', 'active'],
    ['3', 'ended'],
    ['4', 'ended'],
  ]);
  expect(odd).toMatchObject([
    { line: 3, who: { externalId: '2' }, message: expect.stringMatching(/^status is no status/) },
  ]);
});

test('one odd row is reported with its line and reason, and the rest is read', async () => {
  const lines = Array.from({ length: 100 }, (_, index) => `e-${index},e-${index}@example.com,2026-01-31,Europe/Berlin`);
  lines[49] = 'e-x,not an address,2026-02-30,Mars/Olympus';
  lines[50] = 'e-y,y@example.com,31/12/2026,';
  lines[51] = `e-z,z\u0007@example.com,,`;
  const { rows, odd } = await read(`id,email,start date,time zone\n${lines.join('\n')}\n`);
  expect(rows.length).toBe(97);
  expect(saying(odd)).toEqual([
    {
      line: 51,
      message:
        'email must be an e-mail address; startDate must be a day that the calendar has; timeZone must be an IANA time zone such as Europe/Berlin',
    },
    { line: 52, message: expect.stringMatching(/^startDate must be a day such as 2026-01-31/) },
    { line: 53, message: 'email must be an e-mail address' },
  ]);
});

test('a leaver whose row has only another fault is a leaver, also without an e-mail', async () => {
  const long = 'x'.repeat(256);
  const text = `id,email,title,status,end date\n1,a@example.com,${long},Terminated,\n2,,,,2026-01-31\n3,,,Active,\n4,d@example.com,${long},?,2026-01-31\n`;
  const { rows, odd } = await read(text);
  expect(rows).toEqual([
    { line: 2, externalId: '1', email: 'a@example.com', status: 'ended' },
    { line: 3, externalId: '2', endDate: '2026-01-31', isOdd: true },
  ]);
  expect(odd).toMatchObject([{ line: 2, isFactTaken: true }, { line: 4 }, { line: 5 }]);
});

test('no date and no end are read as such, and a midnight is a day', async () => {
  const text =
    'id,email,start date,end date\n1,a@example.com,2026-01-31T00:00:00+01:00,9999-12-31\n2,b@example.com,1900-01-01,0000-00-00\n';
  expect((await read(text)).rows).toEqual([
    { line: 2, externalId: '1', email: 'a@example.com', startDate: '2026-01-31' },
    { line: 3, externalId: '2', email: 'b@example.com' },
  ]);
});

test('semicolons, tabs and a sep line are found, and rows of delimiters alone are none', async () => {
  for (const [sign, name] of [
    [';', 'semicolon'],
    ['\t', 'tab'],
  ] as const) {
    const text = ['id,email', '="007",a@example.com', ',', '', '8,b@example.com'].join('\r\n').replaceAll(',', sign);
    const { rows, odd, delimiter } = await read(text);
    expect(delimiter).toBe(name);
    expect(odd).toEqual([]);
    expect(rows.map(({ line, externalId }) => [line, externalId])).toEqual([
      [2, '007'],
      [5, '8'],
    ]);
  }
  expect((await read('sep=;\nid;email\n1;a@example.com\n')).rows).toMatchObject([{ line: 3, externalId: '1' }]);
  await expect(read('id,x;email\n')).rejects.toThrow(/split at each comma or at each semicolon/);
});

test('a quotation mark that is not closed costs its own line, and no line after it', async () => {
  const text =
    'id,email,note\n1,a@example.com,"5" tall\n2,b@example.com,"open\n3,c@example.com,\n4,d@example.com,"two\nlines"\n5,e@example.com,"shut"\n6,f@example.com,x,y\n';
  const { rows, odd } = await read(text, { ignore: ['note'] });
  expect(rows.map(({ externalId, line }) => [externalId, line])).toEqual([
    ['3', 4],
    ['4', 5],
    ['5', 7],
  ]);
  expect(saying(odd)).toEqual([
    { line: 2, message: expect.stringMatching(/is not doubled/) },
    { line: 3, message: expect.stringMatching(/is not (closed|doubled)/) },
    { line: 8, message: 'has 4 cells, and the header has 3' },
  ]);
});

test('UTF-16 and a byte order mark are read; other bytes are refused with their line', async () => {
  const text = 'id,email,department\n1,a@example.com,Küche\n';
  const marked = Buffer.from(`\uFEFF${text}`, 'utf16le');
  expect(await read(marked)).toMatchObject({ encoding: 'utf-16le', rows: [{ department: 'Küche' }] });
  expect(await read(marked.swap16())).toMatchObject({ encoding: 'utf-16be', rows: [{ department: 'Küche' }] });
  const latin = Buffer.from(text, 'latin1');
  await expect(read(latin)).rejects.toThrow(
    /not UTF-8: line 2 has the byte 0xfc at position 18 \(byte 38 of the file\).*roster\.encoding/,
  );
  expect(await read(latin, { encoding: 'iso-8859-1' })).toMatchObject({ rows: [{ department: 'Küche' }] });
  // Said wrongly, an umlaut would come out as two letters.
  await expect(read(text, { encoding: 'windows-1252' })).rejects.toThrow(/The file is UTF-8, but roster.encoding says/);
  await expect(read(Buffer.from('id,email\n', 'utf16le'))).rejects.toThrow(/NUL in line 1/);
});

test('an odd but valid e-mail is taken as it is, and one with punctuation around it is reported', async () => {
  const sound = ["o'brien+dd@example.com", 'jörg@exämple.example', '!#$%&*/=?^_`{|}~@example.com'];
  const wrong = ['<ada@example.com>', 'ada@example.com;bob@example.com', 'ada@', `${'a'.repeat(250)}@example.com`];
  const { rows, odd } = await read(`email\n${[...sound, ...wrong].join('\n')}\n`);
  expect(rows.map(({ email }) => email)).toEqual(sound);
  expect(odd.map(({ line }) => line)).toEqual([5, 6, 7, 8]);
});

test.each([
  ['id,name\n1,Ada\n', {}, /No column holds the e-mail/],
  ['id,email\n1,a@example.com\n', { manager: 'Boss' }, /no column "Boss", which roster.columns.manager names/],
  ['', {}, /The file is empty/],
])('a header that cannot be used is refused: %j', async (text, columns, message) => {
  await expect(read(text, { columns })).rejects.toThrow(UsageError);
  await expect(read(text, { columns })).rejects.toThrow(message);
});

test('a file that is not there is refused', async () => {
  await expect(readRoster(join(folder, 'none.csv'), settings)).rejects.toThrow(/cannot be read: ENOENT/);
});

test('an export of a known system is read as that system writes it', async () => {
  const successfactors =
    'STATUS,USERID,EMAIL,MANAGER,HIREDATE\nStatus,User ID,Email,Manager,Hire Date\nA,7,a@example.com,NO_MANAGER,2026-01-31\nU,8,b@example.com,7,\nX,9,c@example.com,7,\n';
  const { rows, odd, decisions } = await read(successfactors, ofSystem('successfactors'));
  expect(decisions).toEqual([]);
  expect(rows).toMatchObject([
    { externalId: '7', status: 'active', startDate: '2026-01-31' },
    { externalId: '8', status: 'leaveOfAbsence', manager: '7' },
  ]);
  expect(rows[0]).not.toHaveProperty('manager');
  expect(odd).toMatchObject([{ line: 5, who: { externalId: '9' } }]);
  const bamboo =
    'Employee #,Email,Work Email,Title,Job Title,Status\n7,home@example.org,a@example.com,Mr,Engineer,Inactive\n';
  expect(await read(bamboo, ofSystem('bamboohr'))).toMatchObject({
    rows: [{ externalId: '7', email: 'a@example.com', title: 'Engineer', status: 'ended' }],
    decisions: [],
  });
});
