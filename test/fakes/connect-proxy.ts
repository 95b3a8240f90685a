import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** What the proxy does when it is asked for a tunnel: opens it, answers with a status, hangs up, or says nothing. */
type Manner = 'open' | 'hang-up' | 'silence' | number;

export interface ConnectProxy {
  /** With a user and a password. */
  readonly url: string;
  readonly port: number;
  /** Each request line with the credentials that came with it, as `CONNECT cloud.test:443 user:password`. */
  readonly asked: string[];
  manner: Manner;
  close(): Promise<void>;
}

/** Starts an HTTP proxy whose tunnels all lead to a port of 127.0.0.1, whatever host they name. */
export async function startConnectProxy(): Promise<ConnectProxy> {
  const asked: string[] = [];
  const clients = new Set<Duplex>();
  const server = createServer(({ method, url }, response) => {
    asked.push(`${method} ${url}`);
    response.writeHead(502).end();
  });
  server.on('connect', ({ url = '', headers }, client: Duplex) => {
    asked.push(`CONNECT ${url} ${credentialsIn(headers['proxy-authorization'])}`);
    clients.add(client.on('error', () => undefined));
    answer(proxy.manner, client, Number(url.split(':').at(-1)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy: ConnectProxy = {
    url: `http://user:p%40ss@127.0.0.1:${port}`,
    port,
    asked,
    manner: 'open',
    close: async () => {
      server.close();
      server.closeAllConnections();
      // The server no longer counts those that asked for a tunnel.
      for (const client of clients) client.destroy();
      await once(server, 'close');
    },
  };
  return proxy;
}

function answer(manner: Manner, client: Duplex, port: number): void {
  if (manner === 'silence') return;
  if (manner === 'hang-up') return void client.destroy();
  if (manner !== 'open') return void client.end(`HTTP/1.1 ${manner} No\r\nContent-Length: 0\r\n\r\n`);
  const target = connect(port, '127.0.0.1', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    target.pipe(client).pipe(target);
  });
  target.on('error', () => client.destroy());
  client.on('close', () => target.destroy());
}

function credentialsIn(header: string | undefined): string {
  return Buffer.from(header?.replace('Basic ', '') ?? '', 'base64').toString();
}
