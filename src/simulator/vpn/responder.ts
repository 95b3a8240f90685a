import type { Clock } from '#src/simulator/clock.ts';
import { isAnswering } from '#src/simulator/machine.ts';
import { readInitiation } from '#src/vpn/initiation.ts';
import { writeResponse } from '#src/vpn/response.ts';
import type { KeyRing } from './key-ring.ts';

/** The response to a packet; null: none. */
export type Responder = (packet: Buffer) => Buffer | null;

interface Cloud {
  readonly machines: { readonly vpn: KeyRing };
  readonly clock: Clock;
}

/**
 * Answers handshakes for all machines. Their addresses are not reachable, so one socket receives all packets. All
 * machines of a server have the same keys. Only the newest answers, since a worker waits for that machine, and an older
 * one must not answer while it boots.
 */
export function createResponder({ machines, clock }: Cloud): Responder {
  return (packet) => {
    const now = clock.now();
    const found = machines.vpn.find(packet, now);
    if (found === null || !isAnswering(found.machine, now)) return null;
    const { privateKey, accepted } = found.keys;
    const initiation = readInitiation(packet, privateKey);
    const sender = initiation?.peerPublic.toString('base64');
    const peer = found.machine.wireguard?.peers.find(({ publicKey }) => publicKey === sender);
    if (!initiation || !peer || !accepted.accept(initiation)) return null;
    return writeResponse(initiation, Buffer.from(peer.presharedKey, 'base64'));
  };
}
