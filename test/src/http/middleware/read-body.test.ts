import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';
import { purchaseText, sendRaw } from '../send-raw.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const order = JSON.stringify({ customer: 'c-ü', location: 'ams' });
const lines = (key: string, type = 'application/json') => [`Idempotency-Key: ${key}`, `Content-Type: ${type}`];

/** A purchase whose body comes in chunks of its own length. */
function inChunks(key: string, chunks: readonly string[]): string {
  const head = purchaseText([...lines(key), 'Transfer-Encoding: chunked'], '').replace('Content-Length: 0\r\n', '');
  return `${head}${chunks.map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`;
}

test.each([
  ['application/json; charset=utf-8'],
  ['Application/JSON;charset="UTF-8"'],
  ['application/json; profile=x; charset=utf8'],
])('a body of the type %s is read', async (type) => {
  expect(await sendRaw(api, purchaseText(lines(type.length.toString(), type), order))).toMatch(/^HTTP\/1.1 202 /);
});

test('a body with a byte order mark, or without compression by name, is read', async () => {
  const identity = purchaseText([...lines('bom'), 'Content-Encoding: identity'], `\ufeff${order}`);
  expect(await sendRaw(api, identity)).toMatch(/^HTTP\/1.1 202 /);
});

test('a body in chunks is read, also one whose chunks split a letter or are empty', async () => {
  const bytes = Buffer.from(order, 'utf8').toString('latin1');
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(api.port, '127.0.0.1').on('error', reject);
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('close', () => resolve(text));
    const at = bytes.indexOf('\u00c3') + 1;
    const parts = [bytes.slice(0, at), bytes.slice(at)];
    const chunks = parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('');
    socket.end(Buffer.from(`${inChunks('split', []).replace('0\r\n\r\n', '')}${chunks}0\r\n\r\n`, 'latin1'));
  });
  expect(answer).toMatch(/^HTTP\/1.1 202 /);
  expect(answer).toContain('"customer":"c-ü"');
  expect(await sendRaw(api, inChunks('empty', []))).toMatch(/^HTTP\/1.1 422 /);
});

test('a body in chunks of more than 64 kB is rejected before its end', async () => {
  const chunk = 'x'.repeat(40_000);
  expect(await sendRaw(api, inChunks('large', [chunk, chunk]))).toMatch(/^HTTP\/1.1 413 /);
});

test('a body that is cut off records nothing and is no unexpected error', async () => {
  const socket = connect(api.port, '127.0.0.1');
  const text = purchaseText([...lines('cut'), 'x-request-id: cut-off'], order).replace('Connection: close\r\n', '');
  socket.write(text.slice(0, -5), () => setImmediate(() => socket.destroy()));
  const line = await vi.waitFor(() => {
    const found = api.surroundings.log.find(({ requestId, event }) => requestId === 'cut-off' && event);
    expect(found).toBeDefined();
    return found;
  });
  expect(line).toMatchObject({ event: 'request-answered' });
  expect(api.surroundings.log.filter(({ event }) => event === 'request-failed')).toEqual([]);
  const bought = await api.store.readServers({ limit: 100 });
  expect(bought).toHaveLength(5);
});
