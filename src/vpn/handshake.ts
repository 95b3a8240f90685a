import type { Asking } from '#queues/ports/vpn.ts';
import type { HandshakeSocket, Target } from './handshake-socket.ts';
import { type Peers, type Pending, writeInitiation } from './initiation.ts';
import { isProof } from './response.ts';
import { createSendRecord, type SendRecord } from './send-record.ts';

/** A WireGuard server and the calling peer. */
export interface HandshakeOptions extends Target {
  readonly peers: Peers;
  readonly presharedKey: Buffer;
  readonly socket: HandshakeSocket;
  /** Time between two tries; `pauseAfter` the time waited, unless given. */
  readonly tryMs?: number | undefined;
}

/**
 * A try sends the same packet again: a server that was not up yet has not seen it, and a new one costs the time of
 * twenty. But a server ignores a packet that it has accepted before. If only its answer was lost, no copy gets another.
 * So every fourth try is a new packet, a second after the last one at first.
 */
const triesPerPacket = 4;
/** A late response to one of the last packets counts too. */
const packetsAwaited = 4;

/**
 * Asks a WireGuard server for a handshake, again and again. The answer proves that the server has the private key and
 * the preshared key, and accepts the peer. A server does not respond to unknown peers. A server that demands a cookie
 * under load counts as silent.
 */
export function ask(options: HandshakeOptions, signal: AbortSignal): Asking {
  const { promise: answered, resolve, reject } = Promise.withResolvers<void>();
  const conversation = startConversation(options, resolve);
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const end = () => {
    conversation.stop();
    signal.removeEventListener('abort', abort);
  };
  answered.then(end, end);
  if (signal.aborted) abort();
  const { lack, sends } = conversation;
  return { answered, lack, firstLeft: sends.firstLeft, blocked: sends.blocked, blockedMs: sends.blockedMs };
}

/** A sixtieth of the time waited so far, but at least a quarter of a second, and at most a second. */
export function pauseAfter(waitedMs: number): number {
  return Math.min(Math.max(waitedMs / 60, 250), 1_000);
}

interface Conversation {
  readonly sends: SendRecord;
  stop(): void;
  lack(): string;
}

function startConversation(options: HandshakeOptions, onProof: () => void): Conversation {
  const { peers, presharedKey, socket, tryMs } = options;
  const begunAt = performance.now();
  const awaited: (() => void)[] = [];
  let tries = 0;
  let packet: Buffer = Buffer.alloc(0);
  const sends = createSendRecord();
  let isWrong = false;
  const hear = (pending: Pending) => (response: Buffer) => {
    if (isProof(response, pending, presharedKey)) return onProof();
    isWrong = true;
  };
  const renewPacket = () => {
    const initiation = writeInitiation(peers, new Date());
    packet = initiation.packet;
    awaited.push(socket.listen(initiation.pending.index, hear(initiation.pending)));
    if (awaited.length > packetsAwaited) awaited.shift()?.();
  };
  let timer: NodeJS.Timeout | undefined;
  const tryOnce = () => {
    if (tries % triesPerPacket === 0) renewPacket();
    tries += 1;
    socket.send(packet, options, sends.sent);
    timer = setTimeout(tryOnce, tryMs ?? pauseAfter(performance.now() - begunAt));
  };
  tryOnce();
  return {
    sends,
    stop: () => {
      clearTimeout(timer);
      for (const stopListening of awaited) stopListening();
    },
    lack: () => (isWrong ? wrongKeys : describeSilence(options, tries, sends.lastError())),
  };
}

const wrongKeys = 'the response was made with other keys';

function describeSilence({ host, port }: Target, tries: number, error: Error | null): string {
  return `${host} port ${port} answered none of ${tries} handshakes${error ? ` (${error.message})` : ''}`;
}
