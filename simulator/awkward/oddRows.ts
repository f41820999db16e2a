import { isObject } from '../body.ts';
import type { Json } from '../render.ts';
import type { OddRow, State } from '../model.ts';

/** Each row of a reply that is to look odd, in `data` and in `included`, does. */
export function withOddRows(state: State, body: unknown): unknown {
  if (state.oddRows.size === 0 || !isObject(body)) return body;
  const shape = (row: unknown): unknown => {
    const odd = isObject(row) && typeof row['id'] === 'string' ? state.oddRows.get(row['id']) : undefined;
    return odd === undefined ? row : shapeRow(row as Json, odd);
  };
  const shapeAll = (rows: unknown): unknown => (Array.isArray(rows) ? rows.map(shape) : shape(rows));
  const { data, included, ...rest } = body;
  return {
    ...(data === undefined ? {} : { data: shapeAll(data) }),
    ...(included === undefined ? {} : { included: shapeAll(included) }),
    ...rest,
  };
}

function shapeRow(row: Json, { omit, set }: OddRow): Json {
  const shaped = structuredClone(row);
  for (const path of omit) writeAt(shaped, path, undefined);
  for (const [path, value] of Object.entries(set)) writeAt(shaped, path, value);
  return shaped;
}

/** At a path such as `attributes.name`; undefined takes the field away. */
function writeAt(row: Json, path: string, value: unknown): void {
  const names = path.split('.');
  const last = names.pop() ?? '';
  let target = row;
  for (const name of names) {
    const inner = target[name];
    if (isObject(inner)) target = inner;
    else target = target[name] = {};
  }
  if (value === undefined) delete target[last];
  else target[last] = value;
}
