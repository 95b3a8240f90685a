import { once } from 'node:events';
import { Agent, get, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { listen } from '#src/http/server.ts';
import { startTestApi, type TestApi } from './api-under-test.ts';
import { secrets } from './call-and-check.ts';
import { purchaseText, sendRaw } from './send-raw.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const good = { customer: 'c-1', location: 'ams' };

test('a request that is not HTTP also gets a problem document', async () => {
  const answer = await sendRaw(api, 'GARBAGE\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1.1 400 [\s\S]*application\/problem\+json/);
  const big = await sendRaw(api, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`);
  expect(big).toMatch(/^HTTP\/1.1 431 [\s\S]*application\/problem\+json/);
});

test('a request that is not HTTP is logged with the reason and its address', async () => {
  const lines = () => api.surroundings.log.filter(({ event }) => event === 'request-rejected');
  const before = lines().length;
  await sendRaw(api, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`);
  expect(lines().slice(before)).toMatchObject([
    { level: 'warn', problem: 'urn:ghostifi:problem:headers-too-large', address: '127.0.0.1' },
  ]);
});

test('a body with two lengths is rejected', async () => {
  const lines = ['Content-Type: application/json', 'Transfer-Encoding: chunked'];
  expect(await sendRaw(api, purchaseText(lines, JSON.stringify(good)))).toMatch(/^HTTP\/1.1 400 /);
});

const local = { host: '127.0.0.1', port: 0, portVariable: 'PORT' };

test('a stop ends connections without a request at once, and one with a request after its answer', async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: answering, resolve: answer } = Promise.withResolvers<void>();
  const server = await listen(async ({ url }, response) => {
    if (url === '/begun') response.flushHeaders();
    else ask();
    await answering;
    response.end('done');
  }, local);
  const silent = connect(server.port, '127.0.0.1');
  const halfway = connect(server.port, '127.0.0.1');
  halfway.write('GET / HTTP/1.1\r\nHost');
  const to = { port: server.port, host: '127.0.0.1', agent: new Agent({ keepAlive: true }) };
  const [begun] = await once(get({ ...to, path: '/begun' }), 'response');
  const request = get(to);
  await asked;
  const ended = [silent, halfway].map((socket) =>
    once(
      socket.on('error', () => undefined),
      'close',
    ),
  );
  const startedAt = performance.now();
  const closed = server.close(30_000);
  await Promise.all(ended);
  answer();
  const [response] = await once(request, 'response');
  expect([response.statusCode, response.headers.connection]).toEqual([200, 'close']);
  response.resume();
  begun.resume();
  await closed;
  expect(performance.now() - startedAt).toBeLessThan(3_000);
});

test('an idle connection outlives the pools of proxies: two minutes at Caddy', async () => {
  const { headers } = await api.call('GET', '/livez', { headers: { connection: 'keep-alive' } });
  expect(Number(/timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1])).toBeGreaterThan(120);
});

test('a connection that has been served stays open for longer than one that moves no byte', async () => {
  const server = await listen((_, response) => void response.end('done'), { ...local, limits: { silenceMs: 200 } });
  const agent = new Agent({ keepAlive: true });
  const reuses = async () => {
    const request = get({ port: server.port, host: '127.0.0.1', agent });
    const [response] = await once(request, 'response');
    await once(response.resume(), 'end');
    return request.reusedSocket;
  };
  expect(await reuses()).toBe(false);
  for (let n = 0; n < 2; n += 1) {
    const silent = connect(server.port, '127.0.0.1').on('error', () => undefined);
    await once(silent.resume(), 'close');
  }
  expect(await reuses()).toBe(true);
  agent.destroy();
  await server.close(1_000);
});

const bearer = `Authorization: Bearer ${secrets.operator}`;

/** Sends the head, and then chunks of a body as long as the server reads. Gives the answer and the bytes sent. */
async function sendEndless(head: readonly string[]): Promise<{ answer: string; sent: number }> {
  const socket = connect(api.port, '127.0.0.1');
  let answer = '';
  const send = () => void (socket.writable && socket.write(`8000\r\n${'x'.repeat(0x8000)}\r\n`, send));
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.on('error', () => undefined).on('close', () => resolve());
  socket.write(`${head.join('\r\n')}\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`, send);
  await closed;
  return { answer, sent: socket.bytesWritten };
}

test.each([
  ['POST /v1/purchases HTTP/1.1', bearer, 413],
  ['POST /admin/login HTTP/1.1', 'Sec-Fetch-Site: same-origin', 413],
  ['POST /v1/purchases HTTP/1.1', 'Authorization: none', 401],
  ['GET /livez HTTP/1.1', bearer, 200],
])('a body without end is read to the limit, and the connection closed: %s, %s', async (line, header, status) => {
  const { answer, sent } = await sendEndless([line, header]);
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  // The buffers of the system take a few MB that nobody reads.
  expect(sent).toBeLessThan(16_000_000);
});

test.each([
  ['POST /v1/purchases HTTP/1.1', bearer],
  ['POST /admin/login HTTP/1.1', 'Sec-Fetch-Site: same-origin'],
])('a body that is too long by its header is refused before it is sent: %s', async (line, header) => {
  const socket = connect(api.port, '127.0.0.1');
  const closed = once(socket, 'close');
  socket.write(`${line}\r\n${header}\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n`);
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1.1 413 /);
  // A proxy would send the next request on it otherwise, just as it ends.
  expect(String(answer)).toMatch(/^connection: close/im);
  await closed;
});

test.each([
  ['is refused by its header', 'Content-Length: 400000', 'x'.repeat(100_000)],
  ['is read to the limit', 'Transfer-Encoding: chunked', `186a0\r\n${'x'.repeat(100_000)}\r\n`],
])('a client that goes on to send a body that %s gets the answer', async (_, header, quarter) => {
  const socket = connect(api.port, '127.0.0.1').pause();
  socket.write(`POST /v1/purchases HTTP/1.1\r\n${bearer}\r\nHost: x\r\n${header}\r\n\r\n`);
  for (let sent = 0; sent < 4; sent += 1) {
    socket.write(quarter);
    // A closed connection answers the second by a reset, so that the third fails.
    await sleep(100);
  }
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  expect(answer).toMatch(/^HTTP\/1.1 413 /);
});

test('a pipelined request waits for the answer before it, and is not served once the client has left', async () => {
  const served: string[] = [];
  const waiting: ServerResponse[] = [];
  const server = await listen(({ url = '' }, response) => {
    served.push(url);
    waiting.push(response);
  }, local);
  const socket = connect(server.port, '127.0.0.1');
  socket.write(['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''));
  await vi.waitFor(() => expect(served).toEqual(['/1']));
  waiting[0]?.end();
  await vi.waitFor(() => expect(served).toEqual(['/1', '/2']));
  socket.destroy();
  await once(waiting[1] ?? socket, 'close');
  await server.close(1_000);
  expect(served).toEqual(['/1', '/2']);
});

test('a client that pipelines without end is disconnected', async () => {
  const server = await listen(() => undefined, local);
  const socket = connect(server.port, '127.0.0.1').on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(50));
  await once(socket, 'close');
  expect(socket.destroyed).toBe(true);
  await server.close(1_000);
});
