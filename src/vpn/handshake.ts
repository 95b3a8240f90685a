import { createSocket } from 'node:dgram';
import { type Pending, writeInitiation } from './initiation.ts';
import { isProof, isResponseTo } from './response.ts';
import { privateKeyOf } from './x25519.ts';

/** A WireGuard server and the calling peer; keys in base64, as `wg` writes them. */
export interface HandshakeOptions {
  readonly host: string;
  readonly port: number;
  readonly serverPublicKey: string;
  readonly privateKey: string;
  readonly presharedKey: string;
  /** Time between two tries; a second unless given. */
  readonly tryMs?: number | undefined;
}

export type HandshakeAnswer = { readonly verified: true } | { readonly verified: false; readonly reason: string };

/** More than one, since UDP packets can be lost. */
const tries = 5;

/**
 * Makes one handshake with a WireGuard server, in up to five tries of a second each. `verified` proves that the server
 * has the private key and the preshared key, and accepts the peer. A server does not respond to unknown peers. A server
 * that demands a cookie under load counts as silent. Rejects only with the signal's reason.
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
    // A late response to an earlier try counts too.
    const initiation = pending.find((one) => isResponseTo(packet, one));
    if (initiation) resolve(isProof(packet, initiation, presharedKey) ? { verified: true } : wrongKeys);
  });
  let lastError: Error | null = null;
  const onSent = (error: Error | null) => {
    lastError = error ?? lastError;
  };
  socket.on('error', onSent);
  const send = () => {
    if (pending.length === tries) return resolve(noResponse(options, lastError));
    const initiation = writeInitiation(peers, new Date());
    pending.push(initiation.pending);
    socket.send(initiation.packet, port, host, onSent);
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

const wrongKeys: HandshakeAnswer = { verified: false, reason: 'the response was made with other keys' };

function noResponse({ host, port }: HandshakeOptions, error: Error | null): HandshakeAnswer {
  const why = error ? ` (${error.message})` : '';
  return { verified: false, reason: `${host} port ${port} answered none of ${tries} handshakes${why}` };
}

function peersOf({ serverPublicKey, privateKey }: HandshakeOptions) {
  return {
    serverPublic: Buffer.from(serverPublicKey, 'base64'),
    privateKey: privateKeyOf(Buffer.from(privateKey, 'base64')),
  };
}
