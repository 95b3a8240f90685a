import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jsqr from 'jsqr';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { routes } from '#src/http/routes.ts';
import { keysOfDevice, vpnKeysOf } from '#src/vpn/keys.ts';
import { createSealer } from '#src/vpn/sealed.ts';
import {
  destroy,
  failed,
  made,
  missing,
  rebuild,
  removed,
  resume,
  settle,
  suspend,
} from '../../../db/conformance/fixture.ts';
import { readPng } from '../../../png.ts';
import { sealer } from '../../../secrets-key.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';

const wgQuick = spawnSync('wg-quick', ['--version']).error ? 'wg-quick (wireguard-tools) is not installed' : null;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const parts = ['vpn', 'vpn.conf', 'vpn.png'] as const;

async function running(): Promise<string> {
  const { serverId, jobId } = await api.buy();
  await settle(api.store, jobId, made);
  return serverId;
}

const get = (serverId: string, part: (typeof parts)[number], device?: number | string) =>
  api.call('GET', `/v1/servers/${serverId}/${part}${device === undefined ? '' : `?device=${device}`}`, {
    as: 'storefront',
  });

/** The keys of the server, with those of this device. */
async function keysOf(serverId: string, device = 1) {
  const { sealedKeys } = (await api.store.readServerWithKeys(serverId)) ?? missing('server');
  const keys = vpnKeysOf(sealer.open(serverId, sealedKeys ?? missing('keys')));
  return { ...keys, ...keysOfDevice(keys, device) };
}

describe('the VPN of a running server', () => {
  test('is returned as JSON that includes the config file', async () => {
    const serverId = await running();
    const { server, client, presharedKey } = await keysOf(serverId);
    const { status, body } = await get(serverId, 'vpn');
    expect(status).toBe(200);
    expect(body).toEqual({
      endpoint: { host: '192.0.2.1', port: 51820 },
      addresses: ['10.73.0.2/32', 'fd73:6769::2/128'],
      dns: ['9.9.9.9', '2620:fe::fe'],
      mtu: 1380,
      keepaliveSeconds: 25,
      allowedIps: ['0.0.0.0/0', '::/0'],
      presharedKey,
      serverPublicKey: server.publicKey,
      clientPrivateKey: client.privateKey,
      device: 1,
      devices: [1, 2, 3, 4, 5].map((device) => ({ device, label: null, ready: true, reason: null })),
      config: (await get(serverId, 'vpn.conf')).text,
    });
  });

  test('is a file with a name that the apps accept as a tunnel name', async () => {
    const serverId = await running();
    const { headers, text } = await get(serverId, 'vpn.conf');
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const name = /^attachment; filename="(.+)\.conf"$/.exec(headers.get('content-disposition') ?? '')?.[1];
    expect(name).toMatch(/^[a-zA-Z0-9_=+.-]{1,15}$/);
    expect(serverId.replace('-', '').endsWith(name?.slice(3) ?? '-')).toBe(true);
    const { server, client, presharedKey } = await keysOf(serverId);
    expect(text).toBe(`[Interface]
PrivateKey = ${client.privateKey}
Address = 10.73.0.2/32, fd73:6769::2/128
DNS = 9.9.9.9, 2620:fe::fe
MTU = 1380

[Peer]
PublicKey = ${server.publicKey}
PresharedKey = ${presharedKey}
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = 192.0.2.1:51820
PersistentKeepalive = 25
`);
  });

  test('is a QR code that contains exactly the bytes of the file', async () => {
    const serverId = await running();
    const answer = await fetch(`${api.url}/v1/servers/${serverId}/vpn.png`, {
      headers: { authorization: 'Bearer shop-secret-of-the-tests-1' },
    });
    expect(answer.headers.get('content-type')).toBe('image/png');
    const { data, width, height } = readPng(Buffer.from(await answer.arrayBuffer()));
    const read = jsqr.default(data, width, height);
    expect(read?.data).toBe((await get(serverId, 'vpn.conf')).text);
  });

  if (wgQuick) test.skip(`is a file that wg-quick reads: NOT TESTED, ${wgQuick}`);
  else
    test('is a file that wg-quick reads', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'ghostifi-vpn-'));
      const file = join(folder, 'client.conf');
      const { text } = await get(await running(), 'vpn.conf');
      writeFileSync(file, text, { mode: 0o600 });
      const { stdout, stderr, status } = spawnSync('wg-quick', ['strip', file], { encoding: 'utf8' });
      rmSync(folder, { recursive: true });
      expect([status, stderr]).toEqual([0, '']);
      const ownLines = /^(Address|DNS|MTU) = .*\n/gm;
      expect(stdout.trim()).toBe(text.replaceAll(ownLines, '').trim());
    });

  test('stays the same during a rebuild, and afterwards differs only in the address', async () => {
    const serverId = await running();
    const before = (await get(serverId, 'vpn.conf')).text;
    const { job } = await rebuild(api.store, serverId);
    expect((await get(serverId, 'vpn.conf')).text).toBe(before);
    await settle(api.store, job.id, { end: 'made', machine: { ...newMachine, ipv4: '192.0.2.9' } });
    expect((await get(serverId, 'vpn.conf')).text).toBe(before.replace('192.0.2.1:', '192.0.2.9:'));
  });

  test('stays the same byte for byte after a rebuild if DNS is on', async () => {
    const named = await startTestApi({ dns: 'cloudflare' });
    onTestFinished(named.close);
    const { serverId, jobId } = await named.buy();
    await settle(named.store, jobId, made);
    const config = async () => (await named.call('GET', `/v1/servers/${serverId}/vpn.conf`)).text;
    const before = await config();
    expect(before).toContain(`\nEndpoint = ${serverId}.vpn.test:51820\n`);
    const { job } = await rebuild(named.store, serverId);
    await settle(named.store, job.id, { end: 'made', machine: { ...newMachine, ipv4: '192.0.2.9' } });
    expect(await config()).toBe(before);
  });

  test('stays the same byte for byte after a suspension and a resume if DNS is on', async () => {
    const named = await startTestApi({ dns: 'cloudflare' });
    onTestFinished(named.close);
    const { serverId, jobId } = await named.buy();
    await settle(named.store, jobId, made);
    const config = () => named.call('GET', `/v1/servers/${serverId}/vpn.conf`);
    const before = (await config()).text;
    await settle(named.store, (await suspend(named.store, serverId)).job.id, removed);
    expect(await config()).toMatchObject({ status: 409, body: { serverStatus: 'suspended' } });
    const { job } = await resume(named.store, serverId);
    expect(await config()).toMatchObject({ status: 409, body: { serverStatus: 'resuming' } });
    await settle(named.store, job.id, { end: 'made', machine: { ...newMachine, ipv4: '192.0.2.9' } });
    expect((await config()).text).toBe(before);
  });

  test.each(parts)('is never cached: %s', async (part) => {
    const { status, headers } = await get(await running(), part);
    expect([status, headers.get('cache-control'), headers.get('etag')]).toEqual([200, 'no-store', null]);
  });

  test.each(parts)('is available to storefront and operator, never to a viewer: %s', async (part) => {
    const path = `/v1/servers/${await running()}/${part}`;
    const statusFor = async (as: 'viewer' | 'operator' | 'nobody') => (await api.call('GET', path, { as })).status;
    expect([await statusFor('operator'), await statusFor('viewer'), await statusFor('nobody')]).toEqual([
      200, 403, 401,
    ]);
  });
});

const newMachine = { providerId: 'vps-2', account: 'main', ipv6: null };

describe.each(parts)('%s is rejected', (part) => {
  test('before the server runs, with the status to wait for', async () => {
    const { serverId, jobId } = await api.buy();
    const { status, body } = await get(serverId, part);
    expect([status, body.serverStatus]).toEqual([409, 'installing']);
    expect(body.detail).toBe(`Server ${serverId} is installing: it has no machine yet; try again when it is running.`);
    await settle(api.store, jobId, failed);
    const after = await get(serverId, part);
    expect([after.status, after.body.serverStatus]).toEqual([409, 'failed']);
    expect(after.body.detail).toMatch(/is failed: it has no machine; retry its create job/);
  });

  test('during the destroy of the server, and for good afterwards', async () => {
    const serverId = await running();
    const { job } = await destroy(api.store, serverId);
    expect((await get(serverId, part)).body).toMatchObject({ status: 409, serverStatus: 'destroying' });
    await settle(api.store, job.id, removed);
    const { status, body } = await get(serverId, part);
    expect([status, body.type]).toEqual([410, 'urn:ghostifi:problem:gone']);
    expect(body.detail).toBe(`Server ${serverId} is destroyed, and its keys are erased.`);
  });

  test('for an unknown server', async () => {
    expect((await get('srv-none', part)).status).toBe(404);
  });

  test('with 503 while the keys are sealed with a key that this process does not have', async () => {
    const serverId = await running();
    await sealWithNewKey(serverId);
    const { status, body, headers } = await get(serverId, part);
    expect([status, body.type, headers.get('retry-after')]).toEqual([
      503,
      'urn:ghostifi:problem:keys-unavailable',
      '60',
    ]);
    expect(body.detail).toContain('The alert secrets-key is raised');
    expect(api.surroundings.log.filter(({ event }) => event === 'request-failed')).toEqual([]);
  });

  test('with 503 while the keys are damaged, and the problem names the alert for the operator', async () => {
    const serverId = await running();
    const { sealedKeys } = (await api.store.readServerWithKeys(serverId)) ?? missing('server');
    const from = sealedKeys ?? missing('keys');
    await api.store.reseal([{ serverId, from, to: sealer.seal('another server', Buffer.alloc(160)) }]);
    const { status, body } = await get(serverId, part);
    expect([status, body.type]).toEqual([503, 'urn:ghostifi:problem:keys-unavailable']);
    expect(body.detail).toContain('they are damaged. The alert vpn-keys-damaged is raised');
    expect(api.surroundings.log.filter(({ event }) => event === 'request-failed')).toEqual([]);
  });

  test('for a server without keys', async () => {
    const serverId = await running();
    const store = api.services.store;
    const withoutKeys = vi.spyOn(store, 'readServerWithKeys');
    const found = (await store.readServerWithKeys(serverId)) ?? missing('server');
    withoutKeys.mockResolvedValueOnce({ ...found, sealedKeys: null });
    const { status, body } = await get(serverId, part);
    withoutKeys.mockRestore();
    expect([status, body.detail]).toEqual([404, expect.stringContaining('has no VPN keys: it was bought before')]);
  });
});

/** As `npm run rotate-secrets` does with a new SECRETS_KEY. */
async function sealWithNewKey(serverId: string): Promise<void> {
  const { sealedKeys } = (await api.store.readServerWithKeys(serverId)) ?? missing('server');
  const from = sealedKeys ?? missing('keys');
  const to = createSealer({ current: Buffer.alloc(32, 5), old: null }).seal(serverId, sealer.open(serverId, from));
  expect(await api.store.reseal([{ serverId, from, to }])).toBe(1);
}

test('the OpenAPI document has all three VPN routes', () => {
  const described = routes.filter(({ path }) => path.includes('/vpn'));
  expect(described.map(({ path }) => path.split('/').at(-1))).toEqual([...parts]);
});

test('no key is ever logged', async () => {
  const serverId = await running();
  for (const part of parts) await get(serverId, part);
  for (const device of [1, 2, 3, 4, 5]) await get(serverId, 'vpn', device);
  const { server, devices, probe, probePresharedKey } = await keysOf(serverId);
  const log = JSON.stringify(api.surroundings.log);
  const clients = devices.map(({ client }) => client);
  const pairs = [server, probe, ...clients].flatMap(({ privateKey, publicKey }) => [privateKey, publicKey]);
  const preshared = [probePresharedKey, ...devices.map(({ presharedKey }) => presharedKey)];
  for (const key of [...pairs, ...preshared]) expect(log).not.toContain(key);
  expect(log).toContain('vpn.conf');
});
