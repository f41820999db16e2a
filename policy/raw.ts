import type { z } from 'zod';
import { standardAttributes } from '../domain/policy/rules.ts';

/**
 * Problems across fields, found in the content before it is parsed: another mistake in a rule must not hide a repeated
 * name or a misspelled attribute. Accepts any value.
 */
export function crossFieldIssues(raw: unknown): z.core.$ZodIssue[] {
  return [...ruleIssues(raw), ...rankIssues(raw)];
}

function ruleIssues(raw: unknown): z.core.$ZodIssue[] {
  const rules = fieldOf(raw, 'rules');
  if (!Array.isArray(rules)) return [];
  const names = rules.map((rule: unknown) => fieldOf(rule, 'name'));
  return rules.flatMap((rule: unknown, index) => [
    ...repeatedName(names, index),
    ...misspeltAttributes(fieldOf(rule, 'when'), index),
  ]);
}

/** For a real organization nothing that could harm it is left to a default. Accepts any value. */
export function siteIssues(raw: unknown): z.core.$ZodIssue[] {
  const missing = (path: string[], message: string): z.core.$ZodIssue => ({
    code: 'custom',
    path,
    message,
    input: raw,
  });
  const domains = fieldOf(fieldOf(raw, 'identity'), 'allowedDomains');
  return [
    ...(fieldOf(raw, 'mode') === undefined
      ? [
          missing(
            ['mode'],
            'is missing, and Datadog is a site: write `mode: observe` to see what Muster would do, or `mode: enforce` to let it write',
          ),
        ]
      : []),
    ...(fieldOf(raw, 'defaultTimeZone') === undefined
      ? [
          missing(
            ['defaultTimeZone'],
            'is missing, and Datadog is a site: name the IANA time zone of people whose own HR does not name, such as `defaultTimeZone: Europe/Berlin`',
          ),
        ]
      : []),
    ...(domains === undefined || (Array.isArray(domains) && domains.length === 0)
      ? [
          missing(
            ['identity', 'allowedDomains'],
            'is missing or empty, and Datadog is a site: name the e-mail domains of your own people, such as `allowedDomains: [example.com]`',
          ),
        ]
      : []),
  ];
}

/** Where sources are ranked, each has a rank, and each rank is that of a source. */
function rankIssues(raw: unknown): z.core.$ZodIssue[] {
  const identity = fieldOf(raw, 'identity');
  const authority = namesIn(fieldOf(identity, 'authority'));
  const sources = fieldOf(raw, 'sources');
  const listed = (Array.isArray(sources) ? sources : []).map((source: unknown) => trimmed(fieldOf(source, 'name')));
  const roster = fieldOf(raw, 'roster');
  const ofRoster = trimmed(fieldOf(roster, 'source')) ?? 'hr';
  const isWatched = fieldOf(roster, 'folder') !== undefined;
  if (authority === undefined) return [];
  const isRanked = (name: unknown): boolean => typeof name !== 'string' || authority.includes(name);
  return [
    ...listed.flatMap((name, index) => (isRanked(name) ? [] : [issueAt(['sources', index, 'name'], unranked(name))])),
    ...(isRanked(ofRoster) || !isWatched ? [] : [issueAt(['roster', 'source'], unranked(ofRoster))]),
    ...(namesIn(fieldOf(identity, 'mayEndEmployment')) ?? [])
      .filter((name) => !isRanked(name))
      .map((name) => issueAt(['identity', 'mayEndEmployment'], unranked(name))),
    ...authority
      .filter((name) => !listed.includes(name) && name !== ofRoster)
      .map((name) => issueAt(['identity', 'authority'], `names ${JSON.stringify(name)}, which is none of the sources`)),
  ];
}

const unranked = (name: unknown): string => `${JSON.stringify(name)} has no rank: add it to identity.authority`;

const issueAt = (path: (string | number)[], message: string): z.core.$ZodIssue => ({
  code: 'custom',
  path,
  message,
  input: undefined,
});

function namesIn(value: unknown): readonly string[] | undefined {
  const list: unknown = typeof value === 'string' ? [value] : value;
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string').map((one) => one.trim()) : undefined;
}

function repeatedName(names: readonly unknown[], index: number): z.core.$ZodIssue[] {
  const [name, first] = [trimmed(names[index]), names.map(trimmed).indexOf(trimmed(names[index]))];
  if (typeof name !== 'string' || first === index) return [];
  const message = `"${name}" is the name of rules[${first}] too: give each rule its own`;
  return [{ code: 'custom', path: ['rules', index, 'name'], message, input: name }];
}

// Any name may be an attribute of HR's own, but one that differs in case only from a standard one is a mistake:
// the rule would silently match nobody.
function misspeltAttributes(when: unknown, index: number): z.core.$ZodIssue[] {
  if (typeof when !== 'object' || when === null) return [];
  return Object.keys(when).flatMap((name) => {
    const meant = standardAttributes.find((attribute) => attribute !== name && fold(attribute) === fold(name));
    if (meant === undefined) return [];
    const message = `is no attribute: write ${meant}`;
    return [{ code: 'custom', path: ['rules', index, 'when', name], message, input: name, params: { onKey: true } }];
  });
}

const fold = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
const trimmed = (value: unknown): unknown => (typeof value === 'string' ? value.trim() : value);

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
