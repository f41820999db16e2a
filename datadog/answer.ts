export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Without the keys, should the body repeat them. Made on demand: a large text is to live shortly. */
  readonly text: string;
}
