import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import { ranksOf } from '../domain/facts/ranks.ts';
import type { Policy } from '../domain/policy/rules.ts';
import { toBudget } from './changeBudget.ts';
import { type Problem, problemsOf } from './problems.ts';
import { crossFieldIssues, siteIssues } from './raw.ts';
import { type PolicyContent, policySchema } from './schema.ts';
import { toSource } from './sources.ts';

interface PolicyOptions {
  /** A Datadog site needs some fields to be set, and has careful defaults; a simulator has quick ones. */
  readonly datadogIsSimulator: boolean;
}

/** The policy cannot be used. `problems` has one line for each: `file:line:column: field: what is wrong and the fix`. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.length === 1 ? problems[0] : `The policy has ${problems.length} problems:\n${problems.join('\n')}`);
    this.problems = problems;
  }
}

/** Reads and checks a policy file. Throws a `PolicyError` with everything that is wrong. */
export async function loadPolicy(path: string, options: PolicyOptions): Promise<Policy> {
  return parsePolicy(await readPolicyText(path), path, options);
}

/** Throws a `PolicyError` where the file cannot be read. */
export async function readPolicyText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown error';
    throw new PolicyError([`${path}: cannot be read (${code}): write it with \`npx muster policy init\``]);
  }
}

/** Checks the text of a policy file; `fileName` is for the problems. Throws a `PolicyError` with everything wrong. */
export function parsePolicy(text: string, fileName: string, options: PolicyOptions): Policy {
  const { content, problems } = readContent(text, options);
  if (content !== undefined) return toPolicy(content, options);
  const sorted = problems.toSorted((left, right) => left.line - right.line || left.column - right.column);
  throw new PolicyError(
    sorted.map(({ line, column, field, message }) => `${fileName}:${line}:${column}: ${field}: ${message}`),
  );
}

function readContent(
  text: string,
  { datadogIsSimulator }: PolicyOptions,
): { readonly content?: PolicyContent; readonly problems: readonly Problem[] } {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const syntax = [...document.errors, ...document.warnings].map((problem): Problem => {
    const { line, col } = lineCounter.linePos(problem.pos[0]);
    const isSecond = problem.code === 'MULTIPLE_DOCS';
    return {
      line,
      column: col,
      field: 'YAML',
      message: isSecond ? 'a second document begins: keep one' : problem.message,
    };
  });
  if (syntax.length > 0) return { problems: syntax };
  const start = { line: 1, column: 1 };
  let raw: unknown;
  try {
    raw = document.toJS();
  } catch (error) {
    return { problems: [{ ...start, field: 'YAML', message: error instanceof Error ? error.message : String(error) }] };
  }
  if (raw === null || raw === undefined) {
    const message = 'is empty: begin with `version: 1` and `rules:`, or write one with `npx muster policy init`';
    return { problems: [{ ...start, field: 'the policy', message }] };
  }
  const parsed = policySchema.safeParse(raw);
  const issues = [
    ...(parsed.error?.issues ?? []),
    ...crossFieldIssues(raw),
    ...(datadogIsSimulator ? [] : siteIssues(raw)),
  ];
  if (!parsed.success || issues.length > 0) return { problems: problemsOf(issues, document, lineCounter) };
  return { content: parsed.data, problems: [] };
}

function toPolicy(content: PolicyContent, { datadogIsSimulator }: PolicyOptions): Policy {
  const { onboarding, approvals, offboarding, sync, findings } = content;
  const policy: Omit<Policy, 'hash'> = {
    // Only a simulator has a default: with a site the mode must be set.
    mode: content.mode ?? 'enforce',
    defaultTimeZone: content.defaultTimeZone,
    identity: content.identity,
    protection: content.protection,
    changeBudget: toBudget(offboarding.changeBudget),
    roster: content.roster,
    rules: content.rules,
    times: {
      leadMs: onboarding.lead,
      resendBeforeMs: onboarding.resendBefore,
      giveUpAfterMs: onboarding.giveUpAfter,
      approvalRemindAfterMs: approvals.remindAfter,
      approvalFallbackAfterMs: approvals.fallbackAfter,
      approvalRejectAfterMs: approvals.rejectAfter,
      leaverAlarmAfterMs: offboarding.alarmAfter,
    },
    activation: onboarding.activation,
    approvals: {
      acceptClaimed: approvals.acceptClaimed ?? datadogIsSimulator,
      default: approvals.default,
    },
    sync: {
      cron: sync.cron,
      timeZone: sync.timeZone,
      lightEveryMs: sync.lightEvery ?? (datadogIsSimulator ? 30_000 : 60_000),
      drift: sync.drift,
    },
    findings: {
      dormantAfterMs: findings.dormantAfter,
      neverLoggedInAfterMs: findings.neverLoggedInAfter,
      pendingAfterMs: findings.pendingAfter,
      keyUnusedAfterMs: findings.keyUnusedAfter,
      keyMaxAgeMs: findings.keyMaxAge,
      keyInUseWithinMs: findings.keyInUseWithin,
      ownerAwayAfterMs: findings.ownerAwayAfter,
    },
    sources: content.sources.map(toSource),
    audit: content.audit,
  };
  // Lists are sets there, and the order of sources counts.
  const ranks = Object.fromEntries(ranksOf(policy).authority.map((source, rank) => [source, rank]));
  // What a file leaves to the kind of Datadog is left open: every process and every shell has the same hash of it.
  const written = {
    approvals: { ...policy.approvals, acceptClaimed: approvals.acceptClaimed },
    sync: { ...policy.sync, lightEveryMs: sync.lightEvery },
  };
  return { hash: hashOf({ ...policy, ...written, ranks }), ...policy };
}

/** SHA-256 of the policy's meaning: comments and the order of rules, values and fields do not change it. */
function hashOf(policy: object): string {
  return createHash('sha256').update(canonicalJson(policy)).digest('hex');
}

function canonicalJson(value: unknown): string {
  // Every list in a policy is a set.
  if (Array.isArray(value)) return `[${value.map(canonicalJson).toSorted().join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`);
  return `{${fields.toSorted().join()}}`;
}
