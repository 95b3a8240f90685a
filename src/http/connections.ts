import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { maxBodyBytes } from './middleware/body-bytes.ts';

export interface Connections {
  /** Ends each connection without a request in flight at once, and every other one after its last answer. */
  endIdle(): void;
}

/** A request whose answer has not ended, with its response. */
type Exchange = readonly [request: IncomingMessage, response: ServerResponse];

/** Requests that a client may send before it has the answer to its first. No usual client or proxy sends a second. */
const maxInLine = 20;
const lingerMs = 1_000;

/**
 * Serves the requests of each connection in turn: a request waits until the answer before it has ended. Node would
 * serve them at once and, if the connection closes, never tell the later responses: their files and event streams
 * would stay open forever.
 */
export function serveConnections(server: Server, serve: RequestListener): Connections {
  const open = new Map<Socket, Exchange[]>();
  let ending = false;
  server.on('connection', (socket: Socket) => {
    open.set(socket, []);
    socket.once('close', () => open.delete(socket));
  });
  server.on('request', (request, response) => {
    const { socket } = request;
    const line = open.get(socket) ?? [];
    if (line.push([request, response]) > maxInLine) return void socket.destroy();
    response.once('close', () => {
      line.shift();
      const [next] = line;
      if (isEndless(request)) endUnread(request);
      else if (ending && !next) socket.destroySoon();
      else if (next && !socket.destroyed) serve(...next);
    });
    if (line.length === 1) serve(request, response);
  });
  // Node's closeIdleConnections leaves out sockets that have sent nothing, or half of a request's headers.
  const endIdle = () => {
    ending = true;
    for (const [socket, line] of open) {
      if (line.length === 0) socket.destroy();
      for (const [, response] of line) sayClose(response);
    }
  };
  return { endIdle };
}

/** True if the answer was sent before its request had arrived, and the rest is too long, or has no known end. */
function isEndless({ complete, headers }: IncomingMessage): boolean {
  return !complete && !(Number(headers['content-length']) <= maxBodyBytes);
}

/**
 * Stops reading. The system resets a connection that is closed with unread bytes, and a client that is still sending
 * would lose the answer. So the connection is half closed at once, and closed a second later.
 */
function endUnread(request: IncomingMessage): void {
  const { socket } = request;
  request.pause();
  socket.end();
  // After an answer with `Connection: close`, Node has called `destroySoon`.
  socket.off('finish', socket.destroy);
  setTimeout(() => socket.destroy(), lingerMs).unref();
}

/** Tells the client, which may be a proxy with a pool, not to use the connection again. */
function sayClose(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}
