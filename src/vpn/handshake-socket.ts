import { createSocket } from 'node:dgram';
import { indexIn } from './response.ts';

export type OnPacket = (packet: Buffer) => void;
export type OnSent = (error: Error | null) => void;

/** The address of a UDP port. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/**
 * One UDP socket for each address family, for all handshakes of a process: a thousand machines that boot need no
 * thousand sockets. A socket is open while somebody listens.
 */
export interface HandshakeSocket {
  /** Sends one packet; `sent` gets null once it has left this host, or the error that kept it from leaving. */
  send(packet: Buffer, target: Target, sent: OnSent): void;
  /** Passes each response to the handshake with this index on to `onPacket`, until the result is called. */
  listen(index: Buffer, onPacket: OnPacket): () => void;
}

/** Room for the answers of many machines while the event loop is busy. The kernel may allow less. */
const receiveBufferBytes = 4 * 1024 * 1024;

export function createHandshakeSocket(): HandshakeSocket {
  const listeners = new Map<string, OnPacket>();
  const sockets = new Map<Family, OpenSocket>();
  const receive = (packet: Buffer) => {
    const index = indexIn(packet);
    if (index) listeners.get(index.toString('hex'))?.(packet);
  };
  const socketFor = (target: Target): OpenSocket => {
    const family = familyOf(target);
    const open = sockets.get(family) ?? openSocket(family, receive);
    sockets.set(family, open);
    return open;
  };
  return {
    send: (packet, target, sent) => socketFor(target).send(packet, target, sent),
    listen: (index, onPacket) => {
      const key = index.toString('hex');
      listeners.set(key, onPacket);
      return () => {
        listeners.delete(key);
        if (listeners.size > 0) return;
        for (const { close } of sockets.values()) close();
        sockets.clear();
      };
    },
  };
}

type Family = 'udp4' | 'udp6';

export function familyOf({ host }: Pick<Target, 'host'>): Family {
  return host.includes(':') ? 'udp6' : 'udp4';
}

interface OpenSocket extends Pick<HandshakeSocket, 'send'> {
  close(): void;
}

function openSocket(family: Family, receive: OnPacket): OpenSocket {
  const socket = createSocket({ type: family, recvBufferSize: receiveBufferBytes });
  const unsent = new Set<{ readonly sent: OnSent }>();
  socket.on('message', receive);
  // If the socket cannot be bound, as on a host without IPv6, Node drops the waiting packets without a word to their
  // senders. The next packet tries to bind it again.
  socket.on('error', (error) => {
    for (const { sent } of unsent) sent(error);
    unsent.clear();
  });
  return {
    send: (packet, { host, port }, sent) => {
      const waiting = { sent };
      unsent.add(waiting);
      socket.send(packet, port, host, (error) => {
        if (unsent.delete(waiting)) sent(error);
      });
    },
    close: () => socket.close(),
  };
}
