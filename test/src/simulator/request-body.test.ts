import { request } from 'node:http';
import { expect, it } from 'vitest';
import { runSimulator } from './running-simulator.ts';
import { order } from './vultr/client.ts';

const headers = { authorization: 'Bearer simulator', 'content-type': 'application/json' };

async function post(body: string, contentType = 'application/json') {
  const { apiUrl } = await runSimulator();
  const sent = { method: 'POST', headers: { ...headers, 'content-type': contentType }, body };
  const response = await fetch(`${apiUrl('vultr')}/instances`, sent);
  return { status: response.status, body: await response.json() };
}

it('a body that is not JSON, or too large, is answered in the shape of the API', async () => {
  expect(await post('{')).toEqual({ status: 400, body: { error: expect.any(String), status: 400 } });
  const large = JSON.stringify(order({ label: 'x'.repeat(1024 * 1024) }));
  expect(await post(large)).toEqual({ status: 413, body: { error: expect.any(String), status: 413 } });
});

it('a body that does not call itself JSON is not read', async () => {
  expect((await post(JSON.stringify(order()), 'text/plain')).status).toBe(400);
  expect((await post(JSON.stringify(order()), 'application/json; charset=utf-8')).status).toBe(202);
});

it('a body that arrives in parts is read whole, even in the middle of a character', async () => {
  const simulator = await runSimulator();
  const bytes = Buffer.from(JSON.stringify(order({ label: 'gf-ä-1' })));
  const middle = bytes.indexOf('ä') + 1;
  const call = request(`${simulator.apiUrl('vultr')}/instances`, { method: 'POST', headers });
  const answered = new Promise<number | undefined>((resolve) => {
    call.on('response', (response) => resolve(response.resume().statusCode));
  });
  call.write(bytes.subarray(0, middle));
  await new Promise((resolve) => setImmediate(resolve));
  call.end(bytes.subarray(middle));
  expect(await answered).toBe(202);
  expect((await simulator.machines()).map(({ label }) => label)).toEqual(['gf-ä-1']);
});

it('a caller that leaves in the middle of its body orders nothing', async () => {
  const simulator = await runSimulator();
  const call = request(`${simulator.apiUrl('vultr')}/instances`, { method: 'POST', headers });
  const ended = new Promise((resolve) => call.on('error', resolve));
  await new Promise((resolve) => call.write(JSON.stringify(order()), resolve));
  call.destroy();
  await ended;
  expect(await simulator.machines()).toEqual([]);
  expect((await fetch(`${simulator.url}/livez`)).status).toBe(200);
});
