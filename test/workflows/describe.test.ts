import { expect, test } from '@jest/globals';
import { describeStatus } from '../../workflows/run/describe.ts';
import type { PersonStatus } from '../../domain/contracts.ts';

test('text in current details stays text: no link, picture, HTML or line of its own', () => {
  const hostile = '[click](https://evil.example) ![x](y) <img src=x>\n# done `code` **bold** &lt;';
  const status = {
    personId: 'e-1',
    process: 'onboarding',
    phase: 'blocked',
    approvals: [],
    mailbox: [{ kind: 'joiner', eventId: 'a`b\n- outcome: **completed**', effectiveAt: '2026-01-05T09:00:00Z' }],
    refused: [{ what: hostile, why: hostile }],
    parts: [{ part: hostile, result: 'failed', detail: hostile }],
    blocked: { reason: 'because', advice: hostile },
  } as unknown as PersonStatus;
  const lines = describeStatus(status).split('\n');
  expect(lines).toHaveLength(5);
  const shown = String.raw`\[click\](https://evil.example) \!\[x\](y) \<img src=x\> \# done \`code\` \*\*bold\*\* \&lt;`;
  expect(lines[1]).toBe(`- **blocked**, because: ${shown}`);
  expect(lines[2]).toBe(`- ${shown}: failed (${shown})`);
  expect(lines[3]).toBe('- waiting: joiner `a b - outcome: **completed**`, effective 2026-01-05T09:00:00Z');
  expect(lines[4]).toBe(`- not counted: ${shown}: ${shown}`);
});
