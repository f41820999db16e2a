import { DatadogFailure } from './failures.ts';

/** UUIDs today. Without a dot or a slash at its beginning it stays one segment, and the path the one that was meant. */
const idPattern = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** An id as it may stand in a path. Throws `UnexpectedResponse` for what Datadog would not use as one. */
export function pathId(id: string): string {
  if (idPattern.test(id)) return id;
  throw new DatadogFailure('UnexpectedResponse', 'an id of Datadog is none: it holds characters that no id has');
}
