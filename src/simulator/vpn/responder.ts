import type { KeyObject } from 'node:crypto';
import type { Clock } from '#src/simulator/clock.ts';
import { isAnswering, type Machine } from '#src/simulator/machine.ts';
import { isInitiationFor, readInitiation } from '#src/vpn/initiation.ts';
import { macKeyOf } from '#src/vpn/noise.ts';
import { writeResponse } from '#src/vpn/response.ts';
import { privateKeyOf, publicBytesOf } from '#src/vpn/x25519.ts';
import { type AcceptedInitiations, createAcceptedInitiations } from './accepted-initiations.ts';
import type { Wireguard } from './wireguard.ts';

/** The response to a packet; null: none. */
export type Responder = (packet: Buffer) => Buffer | null;

interface Cloud {
  readonly machines: { all(): readonly Machine[] };
  readonly clock: Clock;
}

/**
 * Answers handshakes for all machines. Their addresses are not reachable, so one socket receives all packets; the first
 * MAC of a packet identifies the server's keys. All machines of a server have the same keys. Only the newest answers,
 * since a worker waits for that machine, and an older one must not answer while it boots.
 */
export function createResponder({ machines, clock }: Cloud): Responder {
  const cached = new WeakMap<Wireguard, ServerKeys>();
  const keysOf = (wireguard: Wireguard): ServerKeys => {
    const keys = cached.get(wireguard) ?? serverKeys(wireguard);
    cached.set(wireguard, keys);
    return keys;
  };
  return (packet) => {
    for (const machine of machines.all().toReversed()) {
      const { wireguard } = machine;
      if (wireguard === null || machine.removedAt !== null) continue;
      const keys = keysOf(wireguard);
      if (!isInitiationFor(packet, keys.macKey)) continue;
      return isAnswering(machine, clock.now()) ? answer(packet, keys, wireguard) : null;
    }
    return null;
  };
}

interface ServerKeys {
  readonly privateKey: KeyObject;
  readonly macKey: Buffer;
  readonly accepted: AcceptedInitiations;
}

function serverKeys(wireguard: Wireguard): ServerKeys {
  const privateKey = privateKeyOf(Buffer.from(wireguard.privateKey, 'base64'));
  return { privateKey, macKey: macKeyOf(publicBytesOf(privateKey)), accepted: createAcceptedInitiations() };
}

function answer(packet: Buffer, { privateKey, accepted }: ServerKeys, { peers }: Wireguard): Buffer | null {
  const initiation = readInitiation(packet, privateKey);
  const peer = peers.find(({ publicKey }) => publicKey === initiation?.peerPublic.toString('base64'));
  if (!initiation || !peer || !accepted.accept(initiation)) return null;
  return writeResponse(initiation, Buffer.from(peer.presharedKey, 'base64'));
}
