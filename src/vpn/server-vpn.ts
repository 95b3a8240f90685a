import { type ServerVpn, type Vpn, VpnKeysError } from '#queues/ports/vpn.ts';
import { ask, type HandshakeOptions } from './handshake.ts';
import type { HandshakeSocket } from './handshake-socket.ts';
import { peersOf } from './initiation.ts';
import type { VpnKeys } from './keys.ts';
import { tunnel } from './tunnel.ts';
import { userData } from './user-data.ts';

export interface VpnOptions {
  /** Throws if the keys of this server cannot be opened. */
  readonly openKeys: (serverId: string, sealedKeys: string) => VpnKeys;
  /** The target of every handshake in a simulated cloud, whose machines are not reachable; null: the machine itself. */
  readonly probeAt: { readonly host: string; readonly port: number } | null;
  /** Carries all handshakes. */
  readonly socket: HandshakeSocket;
}

/** The VPN port of the jobs. The keys of a server are opened once per `of`, which a run calls once. */
export function createVpn({ openKeys, probeAt, socket }: VpnOptions): Vpn {
  return {
    of: (serverId, sealedKeys): ServerVpn => {
      const keys = once(() => opened(() => openKeys(serverId, sealedKeys)));
      const asPeer = once(() => peerOf(keys()));
      return {
        userData: (devices) => userData(keys(), devices),
        ask: (host, signal) => ask({ ...(probeAt ?? { host, port: tunnel.port }), ...asPeer(), socket }, signal),
      };
    },
  };
}

/** The probe, with everything that its handshakes have in common. */
function peerOf({ server, probe, probePresharedKey }: VpnKeys): Pick<HandshakeOptions, 'peers' | 'presharedKey'> {
  return {
    peers: peersOf(Buffer.from(server.publicKey, 'base64'), probe.keyObject),
    presharedKey: Buffer.from(probePresharedKey, 'base64'),
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function opened(open: () => VpnKeys): VpnKeys {
  try {
    return open();
  } catch (cause) {
    throw new VpnKeysError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
