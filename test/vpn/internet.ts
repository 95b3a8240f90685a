import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { VpnKeys } from '#src/vpn/keys.ts';
import { tunnel } from '#src/vpn/tunnel.ts';
import { type Host, startHost } from './host.ts';

const run = promisify(execFile);

/** The addresses of the server, the customer and the services between them. */
export const places = {
  server: { ipv4: '203.0.113.2', ipv6: '2001:db8:1::2' },
  customer: { ipv4: '198.51.100.2', ipv6: '2001:db8:2::2' },
  site: { ipv4: '192.0.2.80', ipv6: '2001:db8:80::80' },
  dns: { ipv4: '9.9.9.9', ipv6: '2620:fe::fe' },
  metadata: { ipv4: '169.254.169.254', ipv6: 'fd00:ec2::254' },
  neighbour: { ipv4: '10.99.0.1', ipv6: 'fd99::1' },
} as const;

export interface Internet {
  readonly middle: Host;
  readonly server: Host;
  readonly customer: Host;
  stop(): Promise<void>;
}

const services = [places.site, places.dns, places.metadata, places.neighbour];

/**
 * Three hosts in a row. Each service in the middle answers with the client's address. The server's interface has an
 * unusual name, so that no rule depends on it. With `serverRoot`, the server has the programs of the system in that
 * folder, and no SSH.
 */
export async function startInternet(serverRoot?: string): Promise<Internet> {
  const [middle, server, customer] = await Promise.all([startHost(), startHost(serverRoot), startHost()]);
  const hosts = [middle, server, customer];
  try {
    await middle.run('sysctl', '-q', '-w', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
    for (const { ipv4, ipv6 } of services) {
      await middle.run('ip', 'address', 'add', `${ipv4}/32`, 'dev', 'lo');
      await middle.run('ip', 'address', 'add', `${ipv6}/128`, 'dev', 'lo', 'nodad');
    }
    await connect(middle, server, { name: 'wan-x7', near: '203.0.113.1', near6: '2001:db8:1::1', ...places.server });
    await connect(middle, customer, { name: 'home', near: '198.51.100.1', near6: '2001:db8:2::1', ...places.customer });
    await middle.start(process.execPath, script('echo.ts'), ...services.flatMap(listeners));
    if (serverRoot === undefined)
      await server.start(process.execPath, script('echo.ts'), 'tcp 0.0.0.0 22', 'tcp :: 22');
  } catch (error) {
    await Promise.all(hosts.map((host) => host.stop()));
    throw error;
  }
  return { middle, server, customer, stop: async () => void (await Promise.all(hosts.map((host) => host.stop()))) };
}

/** Adds a host with a connection of its own; `number` tells it from the others. */
export async function joinInternet({ middle }: Internet, number: number): Promise<Host> {
  const host = await startHost();
  const [net, net6] = [`198.51.${100 + number}`, `2001:db8:2${number}:`];
  const near = { near: `${net}.1`, near6: `${net6}:1` };
  await connect(middle, host, { name: `home-${number}`, ...near, ipv4: `${net}.2`, ipv6: `${net6}:2` });
  return host;
}

/** Starts a service on TCP port 80 of the host, which answers with the address of the client. */
export async function listenOn(host: Host, { ipv4, ipv6 }: Addresses): Promise<void> {
  await host.start(process.execPath, script('echo.ts'), `tcp ${ipv4} 80`, `tcp ${ipv6} 80`);
}

interface Addresses {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** `near` are the addresses of the middle host, the others those of the host at the far end. */
interface Cable extends Addresses {
  readonly name: string;
  readonly near: string;
  readonly near6: string;
}

async function connect(middle: Host, host: Host, { name, near, near6, ipv4, ipv6 }: Cable): Promise<void> {
  const [one, other] = [`gfa${host.pid}`, `gfb${host.pid}`];
  await run('ip', ['link', 'add', one, 'type', 'veth', 'peer', 'name', other]);
  await run('ip', ['link', 'set', one, 'netns', String(middle.pid), 'name', `to-${name}`]);
  await run('ip', ['link', 'set', other, 'netns', String(host.pid), 'name', name]);
  await setAddresses(middle, `to-${name}`, { ipv4: near, ipv6: near6 });
  await setAddresses(host, name, { ipv4, ipv6 });
  await host.run('ip', 'route', 'add', 'default', 'via', near);
  await host.run('ip', '-6', 'route', 'add', 'default', 'via', near6);
}

async function setAddresses(host: Host, device: string, { ipv4, ipv6 }: Addresses): Promise<void> {
  await host.run('ip', 'address', 'add', `${ipv4}/24`, 'dev', device);
  await host.run('ip', 'address', 'add', `${ipv6}/64`, 'dev', device, 'nodad');
  await host.run('ip', 'link', 'set', device, 'up');
}

function listeners({ ipv4, ipv6 }: Addresses): string[] {
  return [ipv4, ipv6].flatMap((own) => [`tcp ${own} 80`, `tcp ${own} 25`, `udp ${own} 53`]);
}

/** The answer of a service to this host: the address of the client at the service, or `nothing`. */
export function askTcp(host: Host, address: string, port: number): Promise<string> {
  return runAsk(host, ['tcp', address, String(port)]);
}

/** Like `askTcp`, over UDP. */
export function askUdp(host: Host, address: string, port: number): Promise<string> {
  return runAsk(host, ['udp', address, String(port)]);
}

async function runAsk(host: Host, args: readonly string[]): Promise<string> {
  return (await host.run(process.execPath, script('ask.ts'), ...args)).trim();
}

/** Makes our probe's handshake from this host. */
export async function shakeHandsFrom(
  from: Host,
  host: string,
  { server, probe, probePresharedKey }: VpnKeys,
): Promise<unknown> {
  const { privateKey } = probe;
  const options = {
    host,
    port: tunnel.port,
    serverPublicKey: server.publicKey,
    privateKey,
    presharedKey: probePresharedKey,
  };
  return JSON.parse(await from.run(process.execPath, script('shake-hands.ts'), JSON.stringify(options)));
}

function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
