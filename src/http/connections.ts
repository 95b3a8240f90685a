import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Connections {
  /** Ends each connection without a request in flight at once, and every other one after its last answer. */
  endIdle(): void;
}

/**
 * Follows the connections of a server. Node's `closeIdleConnections` leaves out sockets that have sent nothing, or half
 * of a request's headers, and after `close` Node no longer checks its own limits for them.
 */
export function followConnections(server: Server): Connections {
  const open = new Map<Socket, Set<ServerResponse>>();
  let ending = false;
  server.on('connection', (socket: Socket) => {
    open.set(socket, new Set());
    socket.once('close', () => open.delete(socket));
  });
  server.prependListener('request', ({ socket }, response) => {
    const inFlight = open.get(socket);
    inFlight?.add(response);
    response.once('close', () => {
      inFlight?.delete(response);
      if (ending && inFlight?.size === 0) socket.destroySoon();
    });
  });
  return {
    endIdle: () => {
      ending = true;
      for (const [socket, inFlight] of open) {
        if (inFlight.size === 0) socket.destroy();
        for (const response of inFlight) sayClose(response);
      }
    },
  };
}

/** Tells the client, which may be a proxy with a pool, not to use the connection again. */
function sayClose(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}
