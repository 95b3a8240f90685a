import { NotFoundError } from '#db/errors.ts';
import type { ServerStatus } from '#db/model.ts';
import type { Machine, Server } from '#db/tables.ts';
import { Problem } from '#src/http/problems/problem.ts';
import { clientConfig, type Endpoint } from '#src/vpn/client-config.ts';
import { type VpnKeys, vpnKeysOf } from '#src/vpn/keys.ts';
import { tunnel } from '#src/vpn/tunnel.ts';
import type { Services } from './services.ts';

/** What the customer's device needs to use its server. */
export interface Client {
  readonly endpoint: Endpoint;
  readonly keys: VpnKeys;
  /** The file for wg-quick and the apps. */
  readonly config: string;
}

/** Throws NotFoundError, and Problem where there is no VPN to hand out (yet, or any more). */
export async function clientOf(services: Pick<Services, 'store' | 'sealer' | 'config'>, id: string): Promise<Client> {
  const { store, sealer, config } = services;
  const found = await store.readServerWithKeys(id);
  if (!found) throw new NotFoundError('server', id);
  const { server, machine, sealedKeys } = found;
  if (server.status === 'destroyed') throw new Problem('gone', `Server ${id} was destroyed, and its keys with it.`);
  if (sealedKeys === null)
    throw new Problem('not-found', `Server ${id} has no VPN: it is older than this installation's VPN.`);
  const ipv4 = addressOf(server, machine);
  const endpoint = { host: config.dns === 'none' ? ipv4 : server.hostname, port: tunnel.port };
  const keys = vpnKeysOf(sealer.open(id, sealedKeys));
  return { endpoint, keys, config: clientConfig(endpoint, keys) };
}

/** Why nobody can connect; null: somebody can. */
const hindrances = {
  installing: 'it has no machine yet; ask again when it is running',
  running: null,
  rebuilding: null,
  destroying: 'nobody connects to it any more',
  destroyed: 'nobody connects to it any more',
  failed: 'it has no machine; retry its create job, and ask again when it is running',
} as const satisfies Record<ServerStatus, string | null>;

function addressOf({ id, status }: Server, machine: Machine | null): string {
  const hindrance = hindrances[status];
  if (hindrance === null && machine?.ipv4) return machine.ipv4;
  throw new Problem('not-allowed-now', `Server ${id} is ${status}: ${hindrance ?? hindrances.installing}.`, {
    members: { serverStatus: status },
  });
}
