export interface KeyHealth {
  /** Datadog's name of it, or `validKeys`. */
  readonly permission: string;
  readonly answer: 'yes' | 'no' | 'unknown';
  readonly checkedAt: string;
  readonly nextProbeAt: string;
  /** Without success, since it was refused. */
  readonly probes: number;
}

export interface OwedPart {
  readonly personId: string;
  readonly permission: string;
  readonly part: string;
  readonly since: string;
}
