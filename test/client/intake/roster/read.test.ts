import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readRoster, type RosterColumns } from '../../../../client/intake/roster/read.ts';
import { UsageError } from '../../../../domain/errors.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'muster-roster-'))));
afterAll(() => rm(folder, { recursive: true }));

async function read(text: string, columns?: RosterColumns) {
  const path = join(folder, 'people.csv');
  await writeFile(path, text);
  return readRoster(path, columns);
}

test('columns come in any order, by usual or mapped names; others are ignored', async () => {
  const text = '\uFEFFJob Title,Work E-Mail,Kostenstelle,Employee ID,secret\r\nEngineer,ada@example.com,42,e-1,x\r\n';
  expect(await read(text, { email: 'Work E-Mail', costCentre: 'Kostenstelle' })).toEqual({
    rows: [{ line: 2, externalId: 'e-1', email: 'ada@example.com', title: 'Engineer', extra: { costCentre: '42' } }],
    problems: [],
  });
});

test('one bad row of 10,000 is reported with its line, and the rest is read', async () => {
  const lines = Array.from(
    { length: 10_000 },
    (_, index) => `e-${index},e-${index}@example.com,2026-01-31,Europe/Berlin`,
  );
  lines[4_999] = 'e-x,not an address,2026-02-30,Mars/Olympus';
  const { rows, problems } = await read(`id,email,start date,time zone\n${lines.join('\n')}\n`);
  expect(rows.length).toBe(9_999);
  expect(problems).toEqual([
    {
      line: 5_001,
      message:
        'email must be an e-mail address; timeZone must be an IANA time zone such as Europe/Berlin; startDate must be a day such as 2026-01-31',
    },
  ]);
});

test('an odd but valid e-mail is taken as it is, and one with punctuation around it is reported', async () => {
  const sound = ["o'brien+dd@example.com", 'jörg@exämple.example', '!#$%&*/=?^_`{|}~@example.com'];
  const wrong = ['<ada@example.com>', 'ada@example.com;bob@example.com', 'ada@', `${'a'.repeat(250)}@example.com`];
  const { rows, problems } = await read(`email\n${[...sound, ...wrong].join('\n')}\n`);
  expect(rows.map(({ email }) => email)).toEqual(sound);
  expect(problems.map(({ line }) => line)).toEqual([5, 6, 7, 8]);
});

test('a row with too many cells is reported, and the rest is read', async () => {
  const { rows, problems } = await read('id,email\ne-1,a@example.com\ne-2,b@example.com,extra\ne-3,c@example.com\n');
  expect(rows.map(({ externalId }) => externalId)).toEqual(['e-1', 'e-3']);
  expect(problems).toMatchObject([{ line: 3 }]);
});

test.each([
  ['id,name\n1,Ada\n', undefined, /No column holds the e-mail/],
  ['id,email\n1,a@example.com\n', { manager: 'Boss' }, /no column "Boss", which roster.columns.manager names/],
])('a header that cannot be used is refused: %j', async (text, columns, message) => {
  await expect(read(text, columns)).rejects.toThrow(UsageError);
  await expect(read(text, columns)).rejects.toThrow(message);
});

test('a file that is not there is refused', async () => {
  await expect(readRoster(join(folder, 'none.csv'))).rejects.toThrow(/cannot be read: ENOENT/);
});
