import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type Wireguard, wireguardIn } from '#src/simulator/vpn/wireguard.ts';
import { readInitiation } from '#src/vpn/initiation.ts';
import { writeResponse } from '#src/vpn/response.ts';
import { tunnel } from '#src/vpn/tunnel.ts';
import { privateKeyOf } from '#src/vpn/x25519.ts';

/** A machine that was ordered. */
export interface OrderedMachine {
  readonly ipv4: string;
  readonly userData: string;
}

/**
 * A process that is all machines of a bench: each has the WireGuard of its user data, at an address of its own. Its
 * parent sends an OrderedMachine, and gets the address back once the machine answers.
 */
process.on('message', async ({ ipv4, userData }: OrderedMachine) => {
  const wireguard = wireguardIn(Buffer.from(userData).toString('base64'));
  if (wireguard) await boot(ipv4, wireguard);
  process.send?.(ipv4);
});
process.on('disconnect', () => process.exit());

async function boot(ipv4: string, { privateKey, peers }: Wireguard): Promise<void> {
  const serverPrivate = privateKeyOf(Buffer.from(privateKey, 'base64'));
  const socket = createSocket('udp4');
  socket.on('message', (packet, from) => {
    const initiation = readInitiation(packet, serverPrivate);
    const peer = peers.find(({ publicKey }) => publicKey === initiation?.peerPublic.toString('base64'));
    if (!initiation || !peer) return;
    socket.send(writeResponse(initiation, Buffer.from(peer.presharedKey, 'base64')), from.port, from.address);
  });
  socket.bind(tunnel.port, ipv4);
  await once(socket, 'listening');
}
