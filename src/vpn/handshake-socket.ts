import { createSocket, type Socket } from 'node:dgram';
import { indexIn } from './response.ts';

export type OnPacket = (packet: Buffer) => void;

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
  /** Sends one packet; `failed` gets the error of a packet that cannot be sent. */
  send(packet: Buffer, target: Target, failed: (error: Error) => void): void;
  /** Passes each response to the handshake with this index on to `onPacket`, until the result is called. */
  listen(index: Buffer, onPacket: OnPacket): () => void;
}

/** Room for the answers of many machines while the event loop is busy. The kernel may allow less. */
const receiveBufferBytes = 4 * 1024 * 1024;

export function createHandshakeSocket(): HandshakeSocket {
  const listeners = new Map<string, OnPacket>();
  const sockets = new Map<'udp4' | 'udp6', Socket>();
  const receive = (packet: Buffer) => {
    const index = indexIn(packet);
    if (index) listeners.get(index.toString('hex'))?.(packet);
  };
  const socketFor = ({ host }: Target): Socket => {
    const family = host.includes(':') ? 'udp6' : 'udp4';
    const open = sockets.get(family) ?? openSocket(family, receive);
    sockets.set(family, open);
    return open;
  };
  return {
    send: (packet, target, failed) => {
      socketFor(target).send(packet, target.port, target.host, (error) => {
        if (error) failed(error);
      });
    },
    listen: (index, onPacket) => {
      const key = index.toString('hex');
      listeners.set(key, onPacket);
      return () => {
        listeners.delete(key);
        if (listeners.size > 0) return;
        for (const socket of sockets.values()) socket.close();
        sockets.clear();
      };
    },
  };
}

function openSocket(family: 'udp4' | 'udp6', receive: OnPacket): Socket {
  const socket = createSocket({ type: family, recvBufferSize: receiveBufferBytes });
  socket.on('message', receive);
  // The sender of a packet gets its error; any other error concerns nobody's packet.
  socket.on('error', () => undefined);
  return socket;
}
