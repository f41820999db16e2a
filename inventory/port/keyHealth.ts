/** What the key may do, asked once for everybody: nobody asks Datadog again before `nextProbeAt`. */
export interface CapabilityInventory {
  /**
   * Datadog has just refused a call for want of this permission. The first to be refused may ask at once whether that is
   * still so; who comes later joins those who wait.
   */
  reportRefusal(permission: string, at: string): Promise<void>;
  /**
   * Whether the caller is the one to ask Datadog now; nobody else is until the back-off has passed, unless somebody has just
   * put it right (`isAskedAtOnce`).
   */
  claimProbe(
    permission: string,
    at: string,
    isAskedAtOnce?: boolean,
  ): Promise<{ readonly isClaimed: boolean; readonly health: KeyHealth }>;
  recordProbe(permission: string, answer: KeyHealth['answer'], at: string): Promise<void>;
  listKeyHealth(): Promise<readonly KeyHealth[]>;
  /** Somebody says that they have put it right: nothing is known of these any more. */
  forgetRefusals(permissions: readonly string[]): Promise<void>;
  /** Parts of people's processes that were left out for want of a permission. */
  listOwedParts(): Promise<readonly OwedPart[]>;
}

export interface KeyHealth {
  /** Datadog's name of it, or `validKeys`. */
  readonly permission: string;
  readonly answer: 'yes' | 'no' | 'unknown';
  readonly checkedAt: string;
  readonly nextProbeAt: string;
  /** In vain, since it was refused. */
  readonly probes: number;
}

export interface OwedPart {
  readonly personId: string;
  readonly permission: string;
  readonly part: string;
  readonly since: string;
}
