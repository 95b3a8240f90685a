import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import SqliteConnection from 'better-sqlite3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { vpnKeysOf } from '#src/vpn/keys.ts';
import { sealer, secretsKey } from '../secrets-key.ts';
import { startWorld, type World } from '../world.ts';

const cloudKey = 'canary-of-the-cloud-key';
let world: World;
let received = '';

/** A cloud that answers every order with an error that repeats the whole request: key, headers and user data. */
const cloud = createServer(async (request, response) => {
  const body = await text(request);
  received += JSON.stringify(request.headers) + body;
  const isRead = request.method === 'GET';
  const repeated = JSON.stringify({ error: `${request.headers.authorization} ${body}`, status: 400 });
  response.writeHead(isRead ? 200 : 400, { 'content-type': 'application/json', 'x-api-key': cloudKey });
  response.end(isRead ? readAnswer(request) : repeated);
});

function readAnswer({ url = '' }: IncomingMessage): string {
  const meta = { total: 0, links: { next: '', prev: '' } };
  const regions = [{ id: 'ewr', city: 'New Jersey', country: 'US' }];
  const plans = [{ id: 'vc2-1c-1gb', vcpu_count: 1, ram: 1024, monthly_cost: 5, locations: ['ewr'] }];
  const lists = { instances: [], regions, plans, os: [{ id: 2136, name: 'Debian 12 x64 (bookworm)' }], meta };
  return JSON.stringify(url.includes('account') ? { account: { email: 'a@b.c', name: 'x', acls: [] } } : lists);
}

beforeAll(async () => {
  world = await startWorld();
  await new Promise<void>((resolve) => cloud.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await world?.close();
  cloud.closeAllConnections();
  cloud.close();
});

/** The world sells at the simulator, whose cloud has no key. */
function moveToVultr(): void {
  const connection = new SqliteConnection(world.databaseFile);
  for (const table of ['servers', 'machines']) connection.exec(`update ${table} set provider = 'vultr'`);
  connection.close();
}

test('a cloud that repeats the key and the user data in its errors gets neither into the log of a worker', {
  timeout: 60_000,
}, async () => {
  const { port } = cloud.address() as AddressInfo;
  const settings = { CLOUD: 'vultr', VULTR_API_KEY: cloudKey, VULTR_API_URL: `http://127.0.0.1:${port}/v2` };
  const { server } = await world.buy();
  moveToVultr();
  const worker = await world.startWorker({ ...settings, LOG_LEVEL: 'trace' });
  await vi.waitFor(
    () => {
      const end = expect.objectContaining({ kind: 'retry', error: expect.stringContaining('[secret]') });
      expect(worker.lines).toContainEqual(expect.objectContaining({ event: 'run-ended', end }));
    },
    { timeout: 45_000, interval: 100 },
  );
  const found = await world.store.readServerWithKeys(server.id);
  const { server: machine, devices } = vpnKeysOf(sealer.open(server.id, found?.sealedKeys ?? ''));
  const log = JSON.stringify(worker.lines);
  const ofDevices = devices.flatMap(({ client, presharedKey }) => [client.privateKey, presharedKey]);
  for (const secret of [cloudKey, secretsKey, machine.privateKey, ...ofDevices]) {
    expect(log.includes(secret)).toBe(false);
  }
  for (const part of [cloudKey, 'user_data']) expect(received).toContain(part);
});
