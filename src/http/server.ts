import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { OperatorError } from '#db/errors.ts';
import { Problem, type ProblemKind } from './problems/problem.ts';

export interface ListenOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** The environment's name of the port, for the message when it is taken. */
  readonly portVariable: string;
}

export interface Listening {
  readonly port: number;
  /** Takes no more connections, lets requests finish, and ends what is left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** The process cannot listen; the message says what to change. */
export class ListenError extends OperatorError {
  override readonly name = 'ListenError';
}

const limits = {
  /** A client that sends its headers slower than this, or its whole request slower than the next, holds a socket for nothing. */
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  /** Longer than load balancers keep an idle connection (60 s), so that it is never we who close it under a request. */
  keepAliveTimeout: 65_000,
};
const lookForIdleMs = 50;

/** Serves HTTP with time limits on slow clients. Throws ListenError where the port is not to be had. */
export async function listen(serve: RequestListener, options: ListenOptions): Promise<Listening> {
  const server = createServer(limits, serve);
  server.on('clientError', refuseClient);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(options.port, options.host, resolve);
  await promise.catch((error: unknown) => {
    throw explained(error, options);
  });
  server.off('error', reject);
  // A TCP server has a port; only one on a pipe has a path.
  const { port } = server.address() as AddressInfo;
  return { port, close: (graceMs) => close(server, graceMs) };
}

async function close(server: Server, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  const idle = setInterval(() => server.closeIdleConnections(), lookForIdleMs);
  const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
  await promise;
  clearInterval(idle);
  clearTimeout(deadline);
}

function explained(error: unknown, { host, port, portVariable }: ListenOptions): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const messages: Record<string, string> = {
    EADDRINUSE: `Port ${port} on ${host} is taken by another process. Stop that one, or set ${portVariable} to another port.`,
    EACCES: `This user may not listen on port ${port}. Set ${portVariable} to a port above 1023.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Set HOST to one that it has.`,
    ENOTFOUND: `The name ${host} is not known. Set HOST to an address of this machine.`,
  };
  const message = messages[String(code)];
  return new ListenError(message ?? `Cannot listen on ${host}:${port}: ${String(error)}`, { cause: error });
}

/** What Node cannot parse never becomes a request; it gets its problem document all the same. */
function refuseClient(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const kinds: Record<string, ProblemKind> = {
    HPE_HEADER_OVERFLOW: 'headers-too-large',
    ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  };
  const kind = kinds[error.code ?? ''] ?? 'malformed';
  const problem = new Problem(kind, 'This is not an HTTP request that can be answered.');
  const body = JSON.stringify(problem.document('/', ''));
  const head = `HTTP/1.1 ${problem.status} ${kind}\r\nContent-Type: application/problem+json\r\nConnection: close`;
  socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
