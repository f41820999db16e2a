/** Attributes as RFC 7643, section 7, describes them. */

export interface Attribute {
  readonly name: string;
  readonly description?: string;
  readonly type: 'string' | 'boolean' | 'decimal' | 'integer' | 'dateTime' | 'reference' | 'binary' | 'complex';
  readonly multiValued: boolean;
  readonly required?: boolean;
  readonly caseExact?: boolean;
  readonly mutability: 'readWrite' | 'readOnly' | 'immutable' | 'writeOnly';
  readonly returned: 'always' | 'default' | 'never' | 'request';
  readonly uniqueness?: 'none' | 'server';
  /** Examples; other values are taken too. */
  readonly canonicalValues?: readonly string[];
  readonly referenceTypes?: readonly string[];
  readonly subAttributes?: readonly Attribute[];
}

type More = Partial<Attribute>;
const base = { multiValued: false, required: false, mutability: 'readWrite', returned: 'default' } as const;

export const text = (name: string, description?: string, more?: More): Attribute => ({
  ...{ ...base, name, description, type: 'string', caseExact: false, uniqueness: 'none' },
  ...more,
});

/** One text for each name, with its description. */
export const texts = (described: Readonly<Record<string, string>>): readonly Attribute[] =>
  Object.entries(described).map(([name, description]) => text(name, description));

export const boolean = (name: string, description: string): Attribute => ({
  ...base,
  name,
  description,
  type: 'boolean',
});

export const reference = (
  name: string,
  description: string,
  referenceTypes: readonly string[],
  more?: More,
): Attribute => text(name, description, { type: 'reference', referenceTypes, ...more });

export const complex = (
  name: string,
  description: string,
  subAttributes: readonly Attribute[],
  more?: More,
): Attribute => ({ ...base, name, description, type: 'complex', subAttributes, ...more });

const primary = boolean('primary', 'Whether it is the preferred one: at most one is');

/** A list of values, each with a type, at most one of them preferred. */
export function list(name: string, description: string, types: readonly string[] = [], value?: More): Attribute {
  const parts = [
    text('value', 'The value itself', value),
    text('display', 'How it is shown'),
    text('type', 'What it is for', types.length === 0 ? {} : { canonicalValues: types }),
    primary,
  ];
  return complex(name, description, parts, { multiValued: true });
}

export const addresses = complex(
  'addresses',
  'Postal addresses',
  [
    ...texts({
      formatted: 'The whole address as it is shown',
      streetAddress: 'Street and house number',
      locality: 'City or village',
      region: 'State or region',
      postalCode: 'Postal code',
      country: 'Country',
    }),
    text('type', 'What it is for', { canonicalValues: ['work', 'home', 'other'] }),
    primary,
  ],
  { multiValued: true },
);

/** From an attribute of the resource down to one of its parts. */
export type Path = readonly Attribute[];

export const isNamed = (name: string, given: string): boolean => name.toLowerCase() === given.toLowerCase();
const isUrn = ({ name }: Attribute): boolean => name.startsWith('urn:');

const partsByName = new WeakMap<Attribute, ReadonlyMap<string, Attribute>>();

/** Names count without regard to case. */
export function findPart(attribute: Attribute, name: string): Attribute | undefined {
  let known = partsByName.get(attribute);
  if (known === undefined) {
    known = new Map(attribute.subAttributes?.map((part) => [part.name.toLowerCase(), part]));
    partsByName.set(attribute, known);
  }
  return known.get(name.toLowerCase());
}

/** Undefined for a name that the schemas do not have. The URN of a schema may come before the name. */
export function resolvePath(given: string, scope: Attribute): Path | undefined {
  const part = findPart(scope, given);
  if (part !== undefined) return [part];
  const behind = (one: Attribute): string | undefined => {
    const length = one.name.length + 1;
    return isNamed(`${one.name}${isUrn(one) ? ':' : '.'}`, given.slice(0, length)) ? given.slice(length) : undefined;
  };
  const [found] = (scope.subAttributes ?? []).flatMap((part): Path[] => {
    const rest = behind(part);
    const inner = rest === undefined ? undefined : resolvePath(rest, part);
    return inner === undefined ? [] : [[part, ...inner]];
  });
  const own = isUrn(scope) ? behind(scope) : undefined;
  return found ?? (own === undefined ? undefined : resolvePath(own, scope));
}
