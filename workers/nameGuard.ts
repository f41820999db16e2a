import { createServer, request as ask, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

interface NameGuardOptions {
  /** Where requests go, such as `http://temporal-ui:8080`. */
  readonly to: URL;
  /** The names by which it may be asked, with their port, such as `localhost:8233`. */
  readonly names: readonly string[];
}

const timeouts = { headersTimeout: 5_000, requestTimeout: 30_000, connectionsCheckingInterval: 500 };

/**
 * A proxy that passes on only what was asked of one of its names: a page whose name was made to point here has another
 * `Host`, and a page of elsewhere another `Origin`. It asks nobody who they are. Not listening yet.
 */
export function createNameGuard({ to, names }: NameGuardOptions): Server {
  const isMeant = ({ headers: { host, origin } }: IncomingMessage): boolean =>
    names.includes(host?.toLowerCase() ?? '') &&
    (origin === undefined || names.some((name) => [`http://${name}`, `https://${name}`].includes(origin)));
  return createServer(timeouts, (request, response) => {
    if (isMeant(request)) return passOn(to, request, response);
    request.resume();
    end(response, 421, `This is ${names.join(' or ')}, and was asked by another name.\n`);
  });
}

function passOn(to: URL, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers } = request;
  const onward = ask(new URL(to), { method, headers, path: request.url }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  onward.on('error', () => (response.headersSent ? response.destroy() : end(response, 502, 'It does not respond.\n')));
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
}
