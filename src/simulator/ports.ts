import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { OperatorError } from '#db/errors.ts';

/** The simulator's port, for HTTP and, with the same number, for the handshakes of its machines. */
export interface Ports {
  readonly port: number;
  readonly socket: Socket;
  close(): Promise<void>;
}

/** The port cannot be opened; the message says why and what to do. */
export class PortError extends OperatorError {
  override readonly name = 'PortError';
}

interface ListenAddress {
  readonly host: string;
  /** 0: any port that is free for TCP and UDP. */
  readonly port: number;
}

const attempts = 5;

/** Rejects with a PortError. */
export async function openPorts(address: ListenAddress, listener: RequestListener): Promise<Ports> {
  for (let left = attempts; ; left--) {
    try {
      return await openBoth(address, listener);
    } catch (error) {
      // The port that was free for TCP may be in use for UDP.
      if (address.port !== 0 || left === 1) throw error;
    }
  }
}

async function openBoth({ host, port }: ListenAddress, listener: RequestListener): Promise<Ports> {
  const server = createServer(listener);
  // Longer than any client keeps an idle connection, even after a freeze of a minute. Otherwise a request could fail.
  server.keepAliveTimeout = 120_000;
  server.listen(port, host);
  await opened(once(server, 'listening'), { host, port });
  const number = (server.address() as AddressInfo).port;
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  try {
    socket.bind(number, host);
    await opened(once(socket, 'listening'), { host, port: number });
  } catch (error) {
    socket.close();
    await close(server);
    throw error;
  }
  return {
    port: number,
    socket,
    close: async () => {
      if (!server.listening) return;
      socket.close();
      await close(server);
    },
  };
}

async function opened(listening: Promise<unknown>, { host, port }: ListenAddress): Promise<void> {
  try {
    await listening;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : String(error);
    const why = code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be used (${code})`;
    throw new PortError(`Port ${port} of ${host} ${why}: free it, or set SIMULATOR_PORT to another port.`);
  }
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
