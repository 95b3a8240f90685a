import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listen } from '#src/http/server.ts';
import { startTestApi, type TestApi } from './api-under-test.ts';
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
