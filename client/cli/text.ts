/** How texts look on a terminal: without characters that it would obey, with times written one way, cut or wrapped to a width. */

const obeyed = /(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Names come from outside: control characters could rewrite what a person sees on the terminal. */
export const clean = (text: string): string => text.replaceAll(obeyed, '?');

// oxlint-disable-next-line no-control-regex -- colors begin with a control character
const ownColors = /(\u001b\[(?:[012]|22|3\d|39|90)m)/;

/** Leaves the colors that the command line itself uses. */
export const cleanKeepingColors = (text: string): string =>
  text
    .split(ownColors)
    .map((part, index) => (index % 2 === 0 ? clean(part) : part))
    .join('');

const instant = /(?<![\w:.-])(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?(?:Z|\+00:00)(?![\w:-])/g;

/** Instants for people: in UTC to the minute, as `2026-01-31 09:00Z`. Ids that contain one stay as they are. */
export const showTimes = (text: string): string => text.replaceAll(instant, '$1 $2Z');

const plain = /^[\u0020-\u007e]*$/;
const zeroWidth = /[\p{Mn}\p{Me}\u200b-\u200d]/u;
const doubleWidth =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}\p{Emoji_Presentation}\u3000-\u303e\u3190-\u33ff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]/u;

function characterWidth(character: string): number {
  // An emoji presentation selector makes the character before it a wide one.
  if (character === '\ufe0f') return 1;
  if (zeroWidth.test(character)) return 0;
  return doubleWidth.test(character) ? 2 : 1;
}

/** Columns that the text takes on a terminal. */
export function widthOf(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

export const padTo = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** The longest beginning that fits, and the rest; at least one character, so that it ends. */
function split(text: string, width: number): readonly [string, string] {
  let used = 0;
  let end = 0;
  for (const character of text) {
    used += characterWidth(character);
    if (used > width && end > 0) break;
    end += character.length;
  }
  return [text.slice(0, end), text.slice(end)];
}

/** Cut to the width, with `…` where something is missing. */
export const cut = (text: string, width: number): string =>
  widthOf(text) <= width ? text : `${split(text, Math.max(1, width - 1))[0]}…`;

interface WrapOptions {
  readonly width: number;
  /** What comes after is cut off, with `…` at the end of the last line. */
  readonly maxLines: number;
  /** A word that is wider than a line is broken; without it, cut. */
  readonly breakWords?: boolean;
}

export function wrap(text: string, { width, maxLines, breakWords }: WrapOptions): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter((one) => one !== '')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (widthOf(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = breakWords ? word : cut(word, width);
    while (widthOf(line) > width && lines.length <= maxLines) {
      const [head, tail] = split(line, width);
      lines.push(head);
      line = tail;
    }
    if (lines.length > maxLines) break;
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  if (lines.length <= maxLines) return lines;
  const last = lines[maxLines - 1] ?? '';
  return [...lines.slice(0, maxLines - 1), `${split(last, Math.max(1, width - 1))[0]}…`];
}
