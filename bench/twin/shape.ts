/** What a run consists of for the engine, without what it is about. Sizes in bytes of payload. */
export interface Shape {
  readonly steps: readonly Step[];
  readonly signals: number;
}

/** What one workflow task asked for. */
export interface Step {
  readonly locals: readonly { readonly resultBytes: number }[];
  readonly activities: readonly {
    readonly inputBytes: number;
    readonly resultBytes: number;
    readonly signals: boolean;
  }[];
  readonly timers: number;
  readonly upserts: number;
}

/**
 * Stands in the twin's code until the shape of a real run is known, and is then replaced in the bundle: as an input it
 * would be a payload that the real run does not have.
 */
export const shapePlaceholder = '__SHAPE_OF_A_REAL_RUN__';

export interface TwinActivities {
  twinLocal(input: string, resultBytes: number): Promise<string>;
  twinRegular(input: string, resultBytes: number): Promise<string>;
  /** Signals the person's run, as the acceptance of an invitation does. */
  twinSignalling(input: string, resultBytes: number, personId: string): Promise<string>;
}
