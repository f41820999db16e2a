export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by handlers; the server turns it into the reply it carries. */
export class ApiError extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(`status ${reply.status}`);
    this.name = 'ApiError';
    this.reply = reply;
  }
}

/** `{"errors": ["text"]}`, the shape of users, keys, mappings and old role errors. */
export function textError(status: number, ...errors: string[]): ApiError {
  return new ApiError({ status, body: { errors } });
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  422: 'Unprocessable Entity',
};

/** `{"errors": [{status, title, detail}]}`, the shape of team memberships. */
export function objectError(status: number, detail: string): ApiError {
  return new ApiError({
    status,
    body: { errors: [{ status: String(status), title: titles[status] ?? 'Error', detail }] },
  });
}

/** `{"errors": [{title: "Generic Error", detail}]}` without a status, the shape of the newer role service. */
export function genericError(status: number, detail: string): ApiError {
  return new ApiError({ status, body: { errors: [{ title: 'Generic Error', detail }] } });
}

export const forbidden = (): ApiError => textError(403, 'Forbidden');

export const lacksPermission = (): ApiError => textError(403, 'Forbidden', 'Failed permission authorization checks');

/** What the edge returns for keys that do not exist. */
export const edgeForbidden = (): ApiError => new ApiError(edgeReply(403, 'Forbidden'));

/** What the edge says itself, before any service has seen the request. */
export function edgeReply(status: number, text: string): Reply {
  return {
    status,
    body: {
      status: 'error',
      code: status,
      errors: [text],
      statuspage: 'http://status.datadoghq.com',
      twitter: 'http://twitter.com/datadogops',
      email: 'support@datadoghq.com',
    },
  };
}
