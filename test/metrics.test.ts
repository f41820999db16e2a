import { expect, test } from '@jest/globals';
import { read } from './support/documents.ts';
import { shownMetrics } from './support/shownMetrics.ts';

test('the page of metrics names each one, and no other', async () => {
  const named = [...(await read('docs/metrics.md')).matchAll(/^\| `(\w+)` /gm)].map(([, name = '']) => name);
  expect(named.toSorted()).toEqual(shownMetrics.toSorted());
});
