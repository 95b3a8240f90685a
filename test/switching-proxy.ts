import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** One address that leads to one server after another, as the name of a managed database does. */
export interface SwitchingProxy {
  readonly port: number;
  /** The number of connections that it has had. */
  readonly connections: number;
  /** New connections lead to this port of this computer. Open ones keep their server. */
  leadTo(port: number): void;
  /** From now on no byte passes the connections that are open, and none of them ends: their host has disappeared. */
  silence(): void;
  close(): void;
}

export async function startSwitchingProxy(port: number): Promise<SwitchingProxy> {
  let target = port;
  let connections = 0;
  const open = new Set<readonly Socket[]>();
  const server = createServer((client) => {
    connections += 1;
    const upstream = connect(target, '127.0.0.1');
    const pair = [client, upstream];
    open.add(pair);
    const end = () => {
      open.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    client.pipe(upstream);
    upstream.pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    leadTo: (next) => {
      target = next;
    },
    silence: () => {
      for (const [client, upstream] of open) {
        client?.unpipe().pause();
        upstream?.unpipe().pause();
      }
    },
    close: () => {
      server.close();
      for (const pair of open) for (const socket of pair) socket.destroy();
    },
  };
}
