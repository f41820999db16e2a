/** Transcripts in the docs: blocks below a marker comment, whose commands a test runs and whose output it compares. */

const marker = '<!-- transcript -->';

interface Transcript {
  readonly steps: readonly Step[];
}

interface Step {
  /** What stands behind `$ `. */
  readonly command: string;
  /** The lines below it; a line `…` stands for any number of lines. */
  readonly output: readonly string[];
}

const block = new RegExp(`${marker}\\n+\`\`\`\\n([\\s\\S]*?)\`\`\``, 'g');

export const transcriptsIn = (page: string): readonly Transcript[] =>
  [...page.matchAll(block)].map(([, body = '']) => ({ steps: stepsOf(body) }));

/** The page with other transcripts in the same places. */
export function withTranscripts(page: string, transcripts: readonly Transcript[]): string {
  let index = 0;
  return page.replaceAll(block, (whole) => {
    const transcript = transcripts[index];
    index += 1;
    if (transcript === undefined) return whole;
    const lines = transcript.steps.flatMap(({ command, output }) => [`$ ${command}`, ...output]);
    return `${marker}\n\n\`\`\`\n${lines.join('\n')}\n\`\`\``;
  });
}

function stepsOf(body: string): readonly Step[] {
  const steps: { command: string; output: string[] }[] = [];
  for (const line of body.trimEnd().split('\n')) {
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), output: [] });
    else steps.at(-1)?.output.push(line);
  }
  return steps;
}

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const ids = new RegExp(
  `\\b(?:${uuid}|[0-9a-f]{32}|[0-9a-f]{16}|[0-9a-f]{8}(?=…)|t-[0-9a-f]{10}|demo-[0-9a-z]+|muster_[\\w…-]+)`,
  'g',
);

export const idsIn = (text: string): readonly string[] => text.match(ids) ?? [];

/** What differs from run to run, by a name. Spaces too: columns are as wide as what is in them. */
export const normalized = (line: string): string =>
  line
    .replaceAll(ids, 'ID')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\dZ?/g, 'TIME')
    .replaceAll(/\b\d\d:\d\dZ/g, 'TIME')
    .replaceAll(/\d{4}-\d\d-\d\d(?!\d)/g, 'TIME')
    .replaceAll(/(127\.0\.0\.1|localhost):\d+/g, '$1:PORT')
    .replaceAll(/\b\d+(?:\.\d+)? (ms|s|min)\b/g, 'N $1')
    .replaceAll(/\b\d+ links\b/g, 'N links')
    .replaceAll(/ {2,}/g, '  ')
    .trimEnd();

/** Whether the real lines are those of the transcript; what is done at once may be listed in any order. */
export const isSame = (shown: readonly string[], real: readonly string[]): boolean =>
  isInOrder(shown, real) || isInOrder(sorted(shown), sorted(real));

const sorted = (lines: readonly string[]): readonly string[] =>
  lines.includes('…') ? lines : lines.map(normalized).toSorted();

function isInOrder(shown: readonly string[], real: readonly string[]): boolean {
  const [first, ...rest] = shown;
  if (first === undefined) return real.length === 0;
  if (first === '…') return real.some((_line, index) => isInOrder(rest, real.slice(index))) || isInOrder(rest, []);
  const [line, ...others] = real;
  return line !== undefined && normalized(first) === normalized(line) && isInOrder(rest, others);
}

/** The real lines in the place of those shown: between two `…` as many as there were, from the same first line on. */
export function refreshed(shown: readonly string[], real: readonly string[]): readonly string[] {
  const gap = shown.indexOf('…');
  if (gap < 0) return real;
  const begin = (shown[0] ?? '') === '…' ? [] : real.slice(0, gap);
  const rest: string[] = [];
  let segment: string[] = [];
  for (const line of [...shown.slice(gap + 1), '…']) {
    if (line !== '…') segment.push(line);
    else {
      const start = real.findIndex((one) => normalized(one) === normalized(segment[0] ?? ''));
      rest.push(...(start < 0 ? segment : real.slice(start, start + segment.length)), '…');
      segment = [];
    }
  }
  return [...begin, '…', ...rest.slice(0, -1)];
}

/** The words of a line as a shell would pass them on. */
export const wordsIn = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

/** Secrets of a stack that is gone are nothing to print either. */
export const withoutSecrets = (line: string): string => line.replaceAll(/muster_[\w-]+/g, 'muster_…');
