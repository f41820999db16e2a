export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Such as `/api/v2/users`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** The intake of logs, which takes the API key alone; without it the API. */
  readonly host?: 'logs';
  /** For the failure: what was being done and what it needs. */
  readonly operation: string;
  readonly permission: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Without the keys, should the body repeat them. Made on demand: a large text is to live shortly. */
  readonly text: string;
}
