import { Socket } from 'node:dgram';
import { afterEach, expect, test, vi } from 'vitest';
import { createHandshakeSocket } from '#src/vpn/handshake-socket.ts';
import { udpServer } from './udp-server.ts';

afterEach(() => void vi.restoreAllMocks());

const packet = Buffer.from('hello');
/** A socket that is open until the end of the test. */
function openSocket() {
  const socket = createHandshakeSocket();
  socket.listen(Buffer.alloc(4), () => undefined);
  const send = (host: string, port: number) =>
    new Promise<Error | null>((resolve) => void socket.send(packet, { host, port }, resolve));
  return { send };
}

test('the sender of a packet learns that it has left', async () => {
  const { host, port } = await udpServer(() => null);
  expect(await openSocket().send(host, port)).toBeNull();
});

test('the sender of a packet learns why it has not left', async () => {
  // The kernel permits no broadcast.
  expect(await openSocket().send('255.255.255.255', 51_820)).toMatchObject({
    message: expect.stringMatching(/EACCES/),
  });
});

test('the sender of a packet learns that the socket cannot be bound, as on a host without IPv6', async () => {
  const bind = vi.spyOn(Socket.prototype, 'bind').mockImplementation(function (this: Socket) {
    process.nextTick(() => this.emit('error', new Error('bind EAFNOSUPPORT')));
    return this;
  });
  const { send } = openSocket();
  expect(await send('::1', 51_820)).toMatchObject({ message: 'bind EAFNOSUPPORT' });
  bind.mockRestore();
});

test('the sender of a packet learns of it once, whatever happens to the socket afterwards', async () => {
  const sockets: Socket[] = [];
  const bind = Socket.prototype.bind;
  vi.spyOn(Socket.prototype, 'bind').mockImplementation(function (this: Socket, ...args: unknown[]) {
    if (!sockets.includes(this)) sockets.push(this);
    return Reflect.apply(bind, this, args);
  });
  const { host, port } = await udpServer(() => null);
  const socket = createHandshakeSocket();
  const end = socket.listen(Buffer.alloc(4), () => undefined);
  const sent = vi.fn();
  await new Promise<void>((resolve) => {
    socket.send(packet, { host, port }, (error) => {
      sent(error);
      resolve();
    });
  });
  const never = vi.fn();
  vi.spyOn(Socket.prototype, 'send').mockImplementation(() => undefined);
  socket.send(packet, { host, port }, never);
  for (const message of ['first', 'second']) sockets.at(-1)?.emit('error', new Error(message));
  expect(sent.mock.calls).toEqual([[null]]);
  expect(never.mock.calls).toEqual([[new Error('first')]]);
  end();
});
