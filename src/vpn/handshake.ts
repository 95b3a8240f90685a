import { createSocket } from 'node:dgram';
import { type Pending, writeInitiation } from './initiation.ts';
import { isProof, isResponseTo } from './response.ts';
import { privateKeyOf } from './x25519.ts';

/** A WireGuard server, and the peer that calls; keys in base64, as `wg` writes them. */
export interface HandshakeOptions {
  readonly host: string;
  readonly port: number;
  readonly serverPublicKey: string;
  readonly privateKey: string;
  readonly presharedKey: string;
  /** How long a try waits before the next; a second unless given. */
  readonly tryMs?: number | undefined;
}

export type HandshakeAnswer = { readonly verified: true } | { readonly verified: false; readonly reason: string };

/** A lost packet is nothing unusual. */
const tries = 5;

/**
 * Asks a WireGuard server for one handshake, in several tries of a second each. `verified` is proof that the server has
 * the private key and the preshared key, and knows the peer. Servers stay silent to whom they don't know; one under so
 * much load that it asks for a cookie counts as silent. Rejects only with the signal's reason.
 */
export async function shakeHands(options: HandshakeOptions, signal: AbortSignal): Promise<HandshakeAnswer> {
  signal.throwIfAborted();
  const { host, port } = options;
  const presharedKey = Buffer.from(options.presharedKey, 'base64');
  const peers = peersOf(options);
  const pending: Pending[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<HandshakeAnswer>();
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (packet) => {
    // A late answer to an earlier try is as good as any.
    const asked = pending.find((one) => isResponseTo(packet, one));
    if (asked) resolve(isProof(packet, asked, presharedKey) ? { verified: true } : impostor);
  });
  let trouble: Error | null = null;
  const failed = (error: Error | null) => {
    trouble = error ?? trouble;
  };
  socket.on('error', failed);
  const send = () => {
    if (pending.length === tries) return resolve(silence(options, trouble));
    const { packet, pending: asked } = writeInitiation(peers, new Date());
    pending.push(asked);
    socket.send(packet, port, host, failed);
  };
  const timer = setInterval(send, options.tryMs ?? 1_000);
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    send();
    return await promise;
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', abort);
    socket.close();
  }
}

const impostor: HandshakeAnswer = { verified: false, reason: 'what answers has other keys' };

function silence({ host, port }: HandshakeOptions, trouble: Error | null): HandshakeAnswer {
  const why = trouble ? ` (${trouble.message})` : '';
  return { verified: false, reason: `${host} port ${port} answered none of ${tries} handshakes${why}` };
}

function peersOf({ serverPublicKey, privateKey }: HandshakeOptions) {
  return {
    serverPublic: Buffer.from(serverPublicKey, 'base64'),
    privateKey: privateKeyOf(Buffer.from(privateKey, 'base64')),
  };
}
