import { NotFoundError } from '#db/errors.ts';
import type { ServerStatus } from '#db/model.ts';
import type { ServerWithMachine } from '#db/reads/servers.ts';
import type { ServerWithKeys } from '#db/reads/vpn-keys.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { clientConfig, type Endpoint } from '#src/vpn/client-config.ts';
import { type VpnKeys, vpnKeysOf } from '#src/vpn/keys.ts';
import { tunnel } from '#src/vpn/tunnel.ts';
import type { Services } from './services.ts';

/** Everything that one device of a customer needs to connect to its server. */
export interface VpnClient {
  readonly found: ServerWithMachine;
  readonly endpoint: Endpoint;
  readonly keys: VpnKeys;
  /** The config file for wg-quick and the WireGuard apps. */
  readonly config: string;
}

type Deps = Pick<Services, 'store' | 'sealer' | 'config'>;

/**
 * Reads and opens the keys of a device; `device` is its number, from 1. Throws NotFoundError for an unknown server, and
 * Problem if the server is destroyed (`gone`), has no keys (`not-found`), has no machine now (`not-allowed-now`), or has
 * a machine that does not know the device (`device-not-ready`).
 */
export async function readVpnClient(deps: Deps, id: string, device: number): Promise<VpnClient> {
  const { store, sealer, config } = deps;
  const found = await readKeyedServer(store, id);
  const ipv4 = addressFor(found, device);
  const endpoint = { host: config.dns === 'none' ? ipv4 : found.server.hostname, port: tunnel.port };
  const keys = vpnKeysOf(sealer.open(id, found.sealedKeys));
  return { found, endpoint, keys, config: clientConfig(endpoint, keys, device) };
}

/** Reads a server that has keys. Throws NotFoundError, and Problem if it is destroyed or has none. */
export async function readKeyedServer(
  store: Deps['store'],
  id: string,
): Promise<ServerWithKeys & { readonly sealedKeys: string }> {
  const found = await store.readServerWithKeys(id);
  if (!found) throw new NotFoundError('server', id);
  const { server, machine, sealedKeys } = found;
  if (server.status === 'destroyed') throw isDestroyed(id);
  if (sealedKeys === null)
    throw new Problem(
      'not-found',
      `Server ${id} has no VPN keys: it was bought before this installation offered VPNs.`,
    );
  return { server, machine, sealedKeys };
}

export function isDestroyed(id: string): Problem {
  return new Problem('gone', `Server ${id} is destroyed, and its keys are erased.`);
}

/** Why no client can connect in this status; null if clients can. */
const obstacles = {
  installing: 'it has no machine yet; try again when it is running',
  running: null,
  rebuilding: null,
  suspending: 'it is being suspended; resume it first',
  suspended: 'it has no machine; resume it first',
  resuming: 'it has no machine yet; try again when it is running',
  destroying: 'no client can connect any more',
  destroyed: 'no client can connect any more',
  failed: 'it has no machine; retry its create job, and try again when it is running',
} as const satisfies Record<ServerStatus, string | null>;

export const deviceObstacles = ['no-machine', 'needs-rebuild'] as const;

/** Why the device cannot connect now; null: it can. */
export function deviceObstacle(found: ServerWithMachine, device: number): (typeof deviceObstacles)[number] | null {
  if (servingAddress(found) === null) return 'no-machine';
  return device > (found.machine?.devices ?? 0) ? 'needs-rebuild' : null;
}

function servingAddress({ server, machine }: ServerWithMachine): string | null {
  return obstacles[server.status] === null ? (machine?.ipv4 ?? null) : null;
}

function addressFor(found: ServerWithMachine, device: number): string {
  const { id, status } = found.server;
  const members = { serverStatus: status };
  const address = servingAddress(found);
  if (address === null) {
    const obstacle = obstacles[status] ?? obstacles.installing;
    throw new Problem('not-allowed-now', `Server ${id} is ${status}: ${obstacle}.`, { members });
  }
  if (deviceObstacle(found, device) === null) return address;
  const cure =
    status === 'rebuilding' ? 'It is being rebuilt; try again when it is running' : 'Rebuild the server to add it';
  const detail = `Device ${device} cannot connect to server ${id}: the machine was made for ${found.machine?.devices} device. ${cure}.`;
  throw new Problem('device-not-ready', detail, { members });
}
