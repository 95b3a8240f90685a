import { once } from 'node:events';
import { type AddressInfo, createServer, type LookupFunction } from 'node:net';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { type PostOptions, post } from '#src/webhooks/post.ts';
import { type Receiver, startReceiver } from '../../webhook-receiver.ts';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const headers = { 'content-type': 'application/json' };
const send = (url: string, options: Partial<PostOptions> = {}, body = '{"ü":1}') =>
  post({ url, headers, body, now: new Date() }, { privateAddresses: 'allow', ...options });
const leadsTo = (address: string) =>
  vi.fn<LookupFunction>((_, __, callback) => callback(null, [{ address, family: 4 }]));

test('the body arrives byte for byte, and the status comes back', async () => {
  receiver.answer = () => ({ status: 202 });
  expect(await send(receiver.url)).toEqual({ status: 202, retryAfterMs: null });
  expect(receiver.received.map(({ body }) => body)).toEqual(['{"ü":1}']);
});

test('a redirect is not followed', async () => {
  receiver.answer = () => ({ status: 307, headers: { location: `${receiver.url}/elsewhere` } });
  expect(await send(receiver.url)).toMatchObject({ status: 307 });
  expect(receiver.received).toHaveLength(1);
});

test('Retry-After is read, at most an hour', async () => {
  receiver.answer = () => ({ status: 503, headers: { 'retry-after': '120' } });
  expect(await send(receiver.url)).toEqual({ status: 503, retryAfterMs: 120_000 });
  receiver.answer = () => ({ status: 503, headers: { 'retry-after': '864000' } });
  expect(await send(receiver.url)).toEqual({ status: 503, retryAfterMs: 3_600_000 });
});

test('an endpoint that does not answer in time, or refuses the connection, is a failure with a reason', async () => {
  receiver.answer = () => ({ status: 204, delayMs: 2_000 });
  expect(await send(receiver.url, { timeoutMs: 200 })).toEqual({ status: null, error: 'No answer within 0.2 s.' });
  const closed = await startReceiver();
  await closed.close();
  expect(await send(closed.url)).toMatchObject({ status: null, error: expect.stringMatching(/ECONNREFUSED/) });
});

test('an answer that switches protocols is a failure', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  expect(await send(`http://127.0.0.1:${port}/`)).toEqual({
    status: null,
    error: 'No answer: the connection ended without an answer.',
  });
});

test('the answer is not read to its end', async () => {
  receiver.answer = () => ({ status: 200, headers: { 'content-length': '1000000000' } });
  expect(await send(receiver.url)).toMatchObject({ status: 200 });
});

const refused = { privateAddresses: 'refuse' } as const;

test('without leave nothing is sent by http, nor to an address of this host', async () => {
  expect(await send(receiver.url, refused)).toMatchObject({ status: null, error: expect.stringMatching(/https/) });
  for (const host of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '169.254.169.254'])
    expect(await send(`https://${host}:${receiver.port}/`, refused)).toMatchObject({
      status: null,
      error: expect.stringMatching(/not an address of the public internet/),
    });
  expect(receiver.received).toEqual([]);
});

test('a name that leads to this host is refused at each attempt, whatever it led to before', async () => {
  const lookup = leadsTo('127.0.0.1');
  for (let attempt = 0; attempt < 2; attempt += 1)
    expect(await send(`https://rebinding.test:${receiver.port}/`, { ...refused, lookup })).toEqual({
      status: null,
      error: 'No answer: rebinding.test leads to 127.0.0.1, which is not an address of the public internet.',
    });
  expect(lookup).toHaveBeenCalledTimes(2);
  expect(receiver.received).toEqual([]);
});
