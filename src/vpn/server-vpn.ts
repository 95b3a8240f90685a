import { type ServerVpn, type Vpn, VpnKeysError } from '#queues/ports/vpn.ts';
import { type HandshakeAnswer, shakeHands } from './handshake.ts';
import type { VpnKeys } from './keys.ts';
import { tunnel } from './tunnel.ts';
import { userData } from './user-data.ts';

export interface VpnOptions {
  /** Throws if the keys of this server cannot be opened. */
  readonly openKeys: (serverId: string, sealedKeys: string) => VpnKeys;
  /** The target of every handshake in a simulated cloud, whose machines are not reachable; null: the machine itself. */
  readonly probeAt: { readonly host: string; readonly port: number } | null;
}

/** The VPN port of the jobs. Keys are opened for each use and not stored. */
export function createVpn({ openKeys, probeAt }: VpnOptions): Vpn {
  return {
    of: (serverId, sealedKeys): ServerVpn => {
      const keys = () => opened(() => openKeys(serverId, sealedKeys));
      return {
        userData: () => userData(keys()),
        handshake: async (ipv4, signal) => probe(keys(), probeAt ?? { host: ipv4, port: tunnel.port }, signal),
      };
    },
  };
}

type Target = { readonly host: string; readonly port: number };

function probe(keys: VpnKeys, target: Target, signal: AbortSignal): Promise<HandshakeAnswer> {
  const { privateKey } = keys.probe;
  const serverPublicKey = keys.server.publicKey;
  return shakeHands({ ...target, serverPublicKey, privateKey, presharedKey: keys.probePresharedKey }, signal);
}

function opened(open: () => VpnKeys): VpnKeys {
  try {
    return open();
  } catch (cause) {
    throw new VpnKeysError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
