import { ask } from '#src/vpn/handshake.ts';
import { createHandshakeSocket } from '#src/vpn/handshake-socket.ts';
import { peersOf } from '#src/vpn/initiation.ts';
import { privateKeyOf } from '#src/vpn/x25519.ts';

/** A WireGuard server and the calling peer; keys in base64, as `wg` writes them. */
export interface ShakeOptions {
  readonly host: string;
  readonly port: number;
  readonly serverPublicKey: string;
  readonly privateKey: string;
  readonly presharedKey: string;
  /** Time between two tries; as long as the service waits unless given. */
  readonly tryMs?: number;
}

export type ShakeResult = { readonly verified: true } | { readonly verified: false; readonly reason: string };

/** Two packets, each sent four times. */
const tries = 8;

/** The service's own handshake, given up after the time of eight tries. */
export async function shakeHands(options: ShakeOptions): Promise<ShakeResult> {
  const { host, port, tryMs } = options;
  const bytes = (text: string) => Buffer.from(text, 'base64');
  const peers = peersOf(bytes(options.serverPublicKey), privateKeyOf(bytes(options.privateKey)));
  const own = { peers, presharedKey: bytes(options.presharedKey), socket: createHandshakeSocket() };
  const giveUp = AbortSignal.timeout(tries * (tryMs ?? 1_000));
  const asking = ask({ host, port, ...own, tryMs }, giveUp);
  try {
    await asking.answered;
    return { verified: true };
  } catch {
    return { verified: false, reason: asking.lack() };
  }
}
