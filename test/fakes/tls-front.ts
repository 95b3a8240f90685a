import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createServer } from 'node:tls';
import type { TestCertificates } from '../certificates.ts';

export interface TlsFront {
  readonly port: number;
  close(): void;
}

/** Accepts TLS on a free port of 127.0.0.1 and forwards the plain bytes to another port there. */
export async function startTlsFront({ server: options }: TestCertificates, port: number): Promise<TlsFront> {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer(options, (client) => {
    const target = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => other.destroy());
      socket.pipe(other);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
