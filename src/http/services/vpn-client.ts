import { NotFoundError } from '#db/errors.ts';
import type { ServerStatus } from '#db/model.ts';
import type { Machine, Server } from '#db/tables.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { clientConfig, type Endpoint } from '#src/vpn/client-config.ts';
import { type VpnKeys, vpnKeysOf } from '#src/vpn/keys.ts';
import { tunnel } from '#src/vpn/tunnel.ts';
import type { Services } from './services.ts';

/** Everything that a customer's device needs to connect to its server. */
export interface VpnClient {
  readonly endpoint: Endpoint;
  readonly keys: VpnKeys;
  /** The config file for wg-quick and the WireGuard apps. */
  readonly config: string;
}

type Deps = Pick<Services, 'store' | 'sealer' | 'config'>;

/**
 * Reads and opens the keys of a server's VPN client. Throws NotFoundError for an unknown server, and Problem if the
 * server is destroyed (`gone`), has no keys (`not-found`), or has no machine now (`not-allowed-now`).
 */
export async function readVpnClient({ store, sealer, config }: Deps, id: string): Promise<VpnClient> {
  const found = await store.readServerWithKeys(id);
  if (!found) throw new NotFoundError('server', id);
  const { server, machine, sealedKeys } = found;
  if (server.status === 'destroyed') throw new Problem('gone', `Server ${id} is destroyed, and its keys are erased.`);
  if (sealedKeys === null)
    throw new Problem(
      'not-found',
      `Server ${id} has no VPN keys: it was bought before this installation offered VPNs.`,
    );
  const ipv4 = addressOf(server, machine);
  const endpoint = { host: config.dns === 'none' ? ipv4 : server.hostname, port: tunnel.port };
  const keys = vpnKeysOf(sealer.open(id, sealedKeys));
  return { endpoint, keys, config: clientConfig(endpoint, keys) };
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

function addressOf({ id, status }: Server, machine: Machine | null): string {
  const obstacle = obstacles[status];
  if (obstacle === null && machine?.ipv4) return machine.ipv4;
  throw new Problem('not-allowed-now', `Server ${id} is ${status}: ${obstacle ?? obstacles.installing}.`, {
    members: { serverStatus: status },
  });
}
