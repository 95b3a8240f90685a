import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { ipKeyGenerator } from 'express-rate-limit';

export interface ConnectionLimits {
  /** A connection that neither sends nor takes a byte for this long is closed, also one that never sent any. */
  readonly silenceMs: number;
  /** The time that a client has to take the rest of a finished answer. */
  readonly takeMs: number;
  readonly maxConnections: number;
  /** From one IPv4 address or one IPv6 /56 network. */
  readonly maxPerAddress: number;
}

/** The limits that differ behind so many proxies: all connections come from the proxy's address. */
export function limitsBehind(proxies: number): Partial<ConnectionLimits> {
  return proxies === 0 ? {} : { maxPerAddress: Number.POSITIVE_INFINITY };
}

/** Closes connections beyond the limits, and those of clients that do not read. */
export function limitConnections(server: Server, limits: ConnectionLimits): void {
  // Node counts a socket as silent too if its written bytes do not move.
  server.timeout = limits.silenceMs;
  server.maxConnections = limits.maxConnections;
  limitAddresses(server, limits.maxPerAddress);
  server.prependListener('request', ({ socket }, response) => {
    response.once('prefinish', () => {
      if (socket.writableLength === 0) return;
      const timer = setTimeout(() => socket.destroy(), limits.takeMs);
      response.once('close', () => clearTimeout(timer));
    });
  });
}

function limitAddresses(server: Server, maxPerAddress: number): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = ipKeyGenerator(socket.remoteAddress ?? 'unknown');
    const others = open.get(address) ?? 0;
    if (others >= maxPerAddress) return void socket.destroy();
    open.set(address, others + 1);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}
