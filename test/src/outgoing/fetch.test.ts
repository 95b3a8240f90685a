import type { IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { boundedBody } from '#src/cloud/bounded-body.ts';
import { type Answer, openFetch } from '#src/outgoing/fetch.ts';
import { NeverSent } from '#src/outgoing/never-sent.ts';
import { oddServer } from '../cloud/odd-server.ts';

const call = { method: 'GET', headers: { 'x-one': '1' }, body: null, signal: new AbortController().signal };
const textOf = (answer: Answer) => boundedBody(answer, 1_000);

test('a compressed answer is read, and one that is not', async () => {
  const isAsked = ({ headers, url }: IncomingMessage) => headers['accept-encoding'] === 'gzip' && url === '/zipped';
  const server = await oddServer((request, response) => {
    if (isAsked(request)) response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('zipped'));
    else
      response
        .writeHead(
          404,
          [
            ['x-a', '1'],
            ['x-a', '2'],
          ].flat(),
        )
        .end('plain');
  });
  const fetch = openFetch();
  const [zipped, plain] = [await fetch(`${server.url}/zipped`, call), await fetch(`${server.url}/plain`, call)];
  expect([zipped.ok, zipped.status, await textOf(zipped)]).toEqual([true, 200, 'zipped']);
  expect([plain.ok, plain.status, await textOf(plain)]).toEqual([false, 404, 'plain']);
  expect(plain.headers.get('x-a')).toBe('1, 2');
});

test.each(['POST', 'PATCH', 'DELETE'])('the body of a %s is sent with its length', async (method) => {
  const server = await oddServer((_request, response) => void response.end());
  await openFetch()(server.url, { ...call, method, body: 'zwölf' });
  expect(server.requests[0]?.headers).toMatchObject({ 'content-length': '6', 'x-one': '1' });
  expect(server.requests[0]?.headers['transfer-encoding']).toBeUndefined();
});

test('the end of a call ends the reading of its body', async () => {
  const server = await oddServer((_request, response) => void response.write('half'));
  const ends = new AbortController();
  const read = textOf(await openFetch()(server.url, { ...call, signal: ends.signal }));
  read.catch(() => undefined);
  ends.abort(new Error('too late'));
  await expect(read).rejects.toThrow();
});

test.each([1, 2])(
  'a call that is lost after it was sent may have had an effect: call %i of a connection',
  async (lost) => {
    const server = await oddServer((request, response) => {
      if (server.asked.length === lost) request.socket.destroy();
      else response.end('x');
    });
    const fetch = openFetch();
    for (let n = 1; n < lost; n += 1) await textOf(await fetch(server.url, call));
    const error = await fetch(server.url, call).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(NeverSent);
    expect(server.requests.map(({ socket }) => socket)).toEqual(Array(lost).fill(server.requests[0]?.socket));
  },
);

test('an idle connection is used again, and closed after some seconds', async () => {
  const server = await oddServer((_request, response) => void response.end('x'));
  const fetch = openFetch();
  for (let n = 0; n < 2; n += 1) await textOf(await fetch(server.url, call));
  const [first, second] = server.requests.map(({ socket }) => socket);
  expect(first).toBe(second);
  await vi.waitFor(() => expect(first?.destroyed).toBe(true), { timeout: 8_000, interval: 100 });
});
