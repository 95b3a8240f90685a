import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** A UDP socket on a free port until the end of the test. `answer` returns the response to a packet from a port, or null. */
export async function udpServer(
  answer: (packet: Buffer, port: number) => Buffer | null,
): Promise<{ host: string; port: number }> {
  const socket = createSocket('udp4');
  socket.on('message', (packet, { port, address }) => {
    const reply = answer(packet, port);
    if (reply) socket.send(reply, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return { host: '127.0.0.1', port: socket.address().port };
}
