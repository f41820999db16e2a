import { isAscii, isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { UsageError } from '../../../domain/errors.ts';

/** The bytes of a roster as text: in an encoding that is known, by the file itself or by the policy, and never mended. */

interface RosterText {
  readonly text: string;
  readonly encoding: string;
}

/** A roster of a hundred thousand people has a tenth of this. */
const maxBytes = 128 * 1024 * 1024;

/** What begins a file of each encoding that says which it is. */
const marks = [
  { encoding: 'utf-8', bytes: [0xef, 0xbb, 0xbf] },
  { encoding: 'utf-16le', bytes: [0xff, 0xfe] },
  { encoding: 'utf-16be', bytes: [0xfe, 0xff] },
] as const;

/**
 * The file's text without its byte order mark; line ends are LF. `said` is the encoding of the policy. Throws a `UsageError` where
 * the file cannot be read, or is in another encoding.
 */
export async function readText(path: string, said?: string): Promise<RosterText> {
  const bytes = await bytesOf(path);
  const marked = marks.find((mark) => mark.bytes.every((byte, at) => bytes[at] === byte));
  const encoding = marked?.encoding ?? encodingOf(said ?? 'utf-8');
  if (encoding === 'utf-8') refuseOtherThanUtf8(bytes);
  else if (marked === undefined) refuseUtf8(bytes, encoding);
  const text = decoded(bytes, encoding);
  const zero = text.indexOf('\0');
  if (zero !== -1) {
    const line = text.slice(0, zero).split('\n').length;
    throw new UsageError(`The file has a NUL in line ${line}: it is not ${encoding}. ${howToSay}`);
  }
  return { text: text.replaceAll(/\r\n?/g, '\n'), encoding };
}

const howToSay = 'Say which encoding it has in the policy, such as roster.encoding: windows-1252, or write it as UTF-8';

async function bytesOf(path: string): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`${path} cannot be read: ${code ?? message}`);
  }
  if (bytes.length > maxBytes) throw new UsageError(`${path} has more than 128 MiB: that is no list of people`);
  return bytes;
}

/** The name by which an encoding is known, such as `windows-1252` for `latin1`. */
const encodingOf = (label: string): string => new TextDecoder(label).encoding;

function decoded(bytes: Buffer, encoding: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`The file has bytes that ${encoding} does not have. ${howToSay}`);
  }
}

function refuseOtherThanUtf8(bytes: Buffer): void {
  if (isUtf8(bytes)) return;
  let line = 1;
  for (let begin = 0; begin < bytes.length; line += 1) {
    const found = bytes.indexOf(0x0a, begin);
    const end = found === -1 ? bytes.length : found;
    const one = bytes.subarray(begin, end);
    if (!isUtf8(one)) {
      const at = firstWrong(one);
      const byte = (one[at] ?? 0).toString(16).padStart(2, '0');
      throw new UsageError(
        `The file is not UTF-8: line ${line} has the byte 0x${byte} at position ${at + 1} (byte ${begin + at + 1} of the file). ${howToSay}`,
      );
    }
    begin = end + 1;
  }
}

/** The place of the first byte after which no more bytes make it UTF-8. */
function firstWrong(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return bytes.findIndex((byte) => {
    try {
      decoder.decode(Uint8Array.of(byte), { stream: true });
      return false;
    } catch {
      return true;
    }
  });
}

/** Every byte is a letter of windows-1252: a file of UTF-8 would pass with two wrong letters for each umlaut. */
function refuseUtf8(bytes: Buffer, encoding: string): void {
  if (isAscii(bytes) || encoding.startsWith('utf-16') || !isUtf8(bytes)) return;
  throw new UsageError(
    `The file is UTF-8, but roster.encoding says ${encoding}: remove the line, or write the file so`,
  );
}
