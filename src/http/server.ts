import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { OperatorError } from '#db/errors.ts';
import type { Log } from '#queues/ports/log.ts';
import { type ConnectionLimits, limitConnections } from './connection-limits.ts';
import { type Connections, serveConnections } from './connections.ts';
import { Problem, problemType } from './problems/problem.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0 picks any free port. */
  readonly port: number;
  /** The environment variable of the port, for error messages. */
  readonly portVariable: string;
  /** Other limits than the usual ones. */
  readonly limits?: Partial<ConnectionLimits>;
  /** Gets a line for each request that Node could not parse. */
  readonly log?: Log;
}

export interface Listening {
  readonly port: number;
  /** Ends idle connections, accepts no more, and lets open requests finish. After `graceMs` it closes the rest. */
  close(graceMs: number): Promise<void>;
}

/** The process cannot listen on its address; the message says what to change. */
export class ListenError extends OperatorError {
  override readonly name = 'ListenError';
}

const limits = {
  /** Slower clients are disconnected and free their sockets. These limit the headers, then the whole request. */
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  /**
   * Longer than proxies keep an idle connection (nginx 60 s, Caddy 120 s); else it could close just as they send a
   * request, and they do not repeat a POST.
   */
  keepAliveTimeout: 150_000,
};
/** Connections that the kernel accepts before this process does. More of them at once wait a second for another try. */
const backlog = 4_096;
const connectionLimits: ConnectionLimits = {
  silenceMs: 60_000,
  takeMs: 120_000,
  maxConnections: 5_000,
  maxPerAddress: 2_500,
};

/** Serves HTTP with time limits for slow clients. Throws ListenError if it cannot listen on the host and port. */
export async function listen(serve: RequestListener, options: ListenOptions): Promise<Listening> {
  const server = createServer(limits);
  limitConnections(server, { ...connectionLimits, ...options.limits });
  const connections = serveConnections(server, serve);
  server.on('clientError', (error: Error, socket: Socket) => rejectClient(error, socket, options.log));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ port: options.port, host: options.host, backlog }, resolve);
  await promise.catch((error: unknown) => {
    throw listenError(error, options);
  });
  server.off('error', reject);
  // A TCP server has a port; only one on a pipe has a path.
  const { port } = server.address() as AddressInfo;
  return { port, close: (graceMs) => close(server, connections, graceMs) };
}

async function close(server: Server, connections: Connections, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  connections.endIdle();
  const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
  await promise;
  clearTimeout(deadline);
}

function listenError(error: unknown, { host, port, portVariable }: ListenOptions): ListenError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const messages: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is in use by another process. Stop that process, or set ${portVariable} to another port.`,
    EACCES: `This user is not allowed to listen on port ${port}. Set ${portVariable} to a port above 1023.`,
    EADDRNOTAVAIL: `This machine does not have the address ${host}. Set HOST to one of its addresses.`,
    ENOTFOUND: `The host name ${host} cannot be resolved. Set HOST to an address of this machine.`,
  };
  const message = messages[String(code)];
  return new ListenError(
    message ?? `Cannot listen on ${host}:${port}: ${String(error)}. Check HOST and ${portVariable}.`,
    { cause: error },
  );
}

/** Answers a request that Node cannot parse with a problem document. Express does not receive such a request. */
function rejectClient(error: Error & { code?: string }, socket: Socket, log: Log | undefined): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const problem = clientProblem(error.code);
  const about = { problem: problemType(problem.kind), address: socket.remoteAddress };
  log?.warn({ event: 'request-rejected', ...about }, 'Rejected a request that could not be read');
  const body = JSON.stringify(problem.document('/', ''));
  const head = `HTTP/1.1 ${problem.status} ${problem.kind}\r\nContent-Type: application/problem+json\r\nConnection: close`;
  socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function clientProblem(code: string | undefined): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('headers-too-large', 'The headers are larger than 16 kB. Send fewer or shorter headers.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request-timeout', 'The request did not arrive in time: 10 s for the headers, 30 s in all.');
    default:
      return new Problem('malformed', 'The request is not valid HTTP. Check the client that sent it.');
  }
}
