import { expect, test } from '@jest/globals';
import { readStatus } from '../../../client/intake/statuses.ts';
import { commonStatuses, readyStatuses, type StatusMap } from '../../../domain/policy/statuses.ts';
import { foldCase } from '../../../domain/text.ts';

const maps: readonly (readonly [string, StatusMap])[] = Object.entries({ common: commonStatuses, ...readyStatuses });

test.each<[string, StatusMap, string | undefined]>([
  ['Employed', commonStatuses, 'active'],
  ['  EMPLOYED ', commonStatuses, 'active'],
  ['Leave of Absence', commonStatuses, 'leaveOfAbsence'],
  ['terminated', commonStatuses, 'ended'],
  ['Inactive', commonStatuses, undefined],
  ['Gone fishing', commonStatuses, undefined],
  ['', commonStatuses, undefined],
  ['inactive', readyStatuses.bamboohr, 'ended'],
  // On leave or terminated.
  ['Inactive', readyStatuses.hibob, undefined],
  ['Inactive', readyStatuses.successfactors, undefined],
  ['T', readyStatuses.successfactors, undefined],
  ['leave', readyStatuses.finch, 'leaveOfAbsence'],
  ['On Leave', readyStatuses.workday, 'leaveOfAbsence'],
  ['offboarding', readyStatuses.deel, 'active'],
  // Said of a contract, beside which somebody may have another.
  ['cancelled', readyStatuses.deel, undefined],
  ['INIT', readyStatuses.rippling, undefined],
  ['Parental leave', readyStatuses.hibob, 'leaveOfAbsence'],
])('the status %j is read by its map, however it is written (case %#)', (text, map, expected) => {
  expect(readStatus(text, map)).toBe(expected);
});

test.each(maps)('no word of the map of %s means two things', (_name, map) => {
  const words = Object.values<readonly string[]>({ ...map })
    .flat()
    .map(foldCase);
  expect(words.toSorted()).toEqual([...new Set(words)].toSorted());
});
