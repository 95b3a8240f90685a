import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type ConnectionLimits, limitsBehind } from '#src/http/connection-limits.ts';
import { type Listening, listen } from '#src/http/server.ts';

const bundle = Buffer.alloc(50_000_000);
const request = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

let server: Listening;
/** Resolves once an answer has ended: taken, or given up. */
let answerEnded: Promise<void>;
afterEach(() => server.close(0));
const start = async (limits: Partial<ConnectionLimits>) => {
  const serve = { host: '127.0.0.1', port: 0, portVariable: 'PORT', limits };
  const { promise, resolve } = Promise.withResolvers<void>();
  answerEnded = promise;
  server = await listen((_request, response) => void response.once('close', resolve).end(bundle), serve);
};
const open = () => connect(server.port, '127.0.0.1').on('error', () => undefined);
/** Resolves at the end of the connection, even if the client has not read all of the answer. */
const ended = (socket: Socket) => new Promise<void>((resolve) => void socket.once('close', () => resolve()));
/** A connection that is closed at once gets no byte; one that sends no request gets 408 after ten seconds. */
async function expectRefused(): Promise<void> {
  const socket = open().resume();
  await ended(socket);
  expect(socket.bytesRead).toBe(0);
}

test('a connection on which no byte moves is closed: one without a request, and one whose client does not read', async () => {
  await start({ silenceMs: 200 });
  const silent = ended(open().resume());
  const unread = open();
  unread.write(request);
  await silent;
  await answerEnded;
  expect(await bytesUntilEnd(unread)).toBeLessThan(bundle.length);
});

test('a client that takes an answer byte by byte is closed', async () => {
  await start({ takeMs: 300 });
  const slow = open();
  slow.write(request);
  await once(slow, 'readable');
  const timer = setInterval(() => slow.read(1), 20);
  await answerEnded;
  clearInterval(timer);
  expect(await bytesUntilEnd(slow)).toBeLessThan(bundle.length);
});

test('connections beyond the limits are closed, and others take the place of one that ended', async () => {
  await start({ maxPerAddress: 2 });
  const [first, second] = [open(), open()];
  await Promise.all([once(first, 'connect'), once(second, 'connect')]);
  await expectRefused();
  first.destroy();
  await ended(first);
  for (;;) {
    const next = open();
    next.write(request);
    const [event] = await Promise.race([
      once(next, 'data').then(() => ['answered']),
      ended(next).then(() => ['closed']),
    ]);
    next.destroy();
    if (event === 'answered') break;
  }
  expect(second.destroyed).toBe(false);
});

test('connections beyond the limit of all addresses are closed', async () => {
  await start({ maxConnections: 1 });
  const first = open();
  await once(first, 'connect');
  await expectRefused();
  expect(first.destroyed).toBe(false);
});

async function bytesUntilEnd(socket: Socket): Promise<number> {
  const closed = ended(socket);
  socket.resume();
  await closed;
  return socket.bytesRead;
}

test.each([
  [0, 2],
  [1, 9],
  [2, 9],
])('behind %i proxies, one address keeps %i connections of nine', async (proxies, kept) => {
  await start({ maxPerAddress: 2, ...limitsBehind(proxies) });
  const sockets = Array.from({ length: 9 }, () => open().resume());
  const ends = sockets.slice(kept).map(ended);
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  await Promise.all(ends);
  for (const socket of sockets.slice(0, kept)) {
    socket.write(request);
    await once(socket, 'data');
  }
  expect(sockets.filter(({ destroyed }) => destroyed)).toHaveLength(9 - kept);
});
