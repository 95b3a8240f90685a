import SqliteConnection from 'better-sqlite3';
import jsqr from 'jsqr';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientConfig } from '#src/vpn/client-config.ts';
import { vpnKeysOf } from '#src/vpn/keys.ts';
import { confirmed, destroy, made, missing, rebuild, removed, settle } from '../../../db/conformance/fixture.ts';
import { readPng } from '../../../png.ts';
import { sealer } from '../../../secrets-key.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const numbers = [1, 2, 3, 4, 5];
const get = (path: string) => api.call('GET', `/v1/servers/${path}`, { as: 'storefront' });
const name = (serverId: string, device: number | string, label: unknown) =>
  api.call('POST', `/v1/servers/${serverId}/devices/${device}`, { as: 'storefront', body: { label } });
const devicesOf = async (serverId: string) => (await get(`${serverId}/devices`)).body.items;

async function running(): Promise<string> {
  const { serverId, jobId } = await api.buy();
  await settle(api.store, jobId, made);
  return serverId;
}

/** A running server whose machine was made before servers had several devices. */
async function runningSinceBefore(): Promise<string> {
  const serverId = await running();
  const connection = new SqliteConnection(api.databaseFile);
  connection.prepare('UPDATE machines SET devices = 1 WHERE server_id = ?').run(serverId);
  connection.close();
  return serverId;
}

async function keysOf(serverId: string) {
  const { sealedKeys } = (await api.store.readServerWithKeys(serverId)) ?? missing('server');
  return vpnKeysOf(sealer.open(serverId, sealedKeys ?? missing('keys')));
}

describe('the config of a device', () => {
  test.each(numbers)('%i has its own keys and addresses, in JSON, file and QR code', async (device) => {
    const serverId = await running();
    const keys = await keysOf(serverId);
    const config = clientConfig({ host: '192.0.2.1', port: 51_820 }, keys, device);
    expect(config).toContain(`\nAddress = 10.73.0.${device + 1}/32, fd73:6769::${device + 1}/128\n`);
    expect((await get(`${serverId}/vpn.conf?device=${device}`)).text).toBe(config);
    const { body } = await get(`${serverId}/vpn?device=${device}`);
    expect(body).toMatchObject({
      device,
      config,
      addresses: [`10.73.0.${device + 1}/32`, `fd73:6769::${device + 1}/128`],
      clientPrivateKey: keys.devices[device - 1]?.client.privateKey,
      presharedKey: keys.devices[device - 1]?.presharedKey,
    });
    const picture = await fetch(`${api.url}/v1/servers/${serverId}/vpn.png?device=${device}`, {
      headers: { authorization: 'Bearer shop-secret-of-the-tests-1' },
    });
    const { data, width, height } = readPng(Buffer.from(await picture.arrayBuffer()));
    expect(jsqr.default(data, width, height)?.data).toBe(config);
  });

  test('is that of device 1 if no device is asked for', async () => {
    const serverId = await running();
    expect((await get(`${serverId}/vpn.conf`)).text).toBe((await get(`${serverId}/vpn.conf?device=1`)).text);
  });

  test('has a file name of its own, which the apps accept as a tunnel name', async () => {
    const serverId = await running();
    const names = await Promise.all(
      numbers.map(async (device) => {
        const { headers } = await get(`${serverId}/vpn.conf?device=${device}`);
        return /^attachment; filename="(.+)\.conf"$/.exec(headers.get('content-disposition') ?? '')?.[1] ?? '';
      }),
    );
    expect(new Set(names).size).toBe(5);
    for (const one of names) expect(one).toMatch(/^gf-[a-z0-9-]{12}$/);
    expect(names.slice(1).map((one) => one.slice(-2))).toEqual(['-2', '-3', '-4', '-5']);
  });

  test.each(['0', '6', '01', '1.0', '-1', 'two', '', '1&device=2'])('is refused for device %j', async (device) => {
    const { status, body } = await get(`${await running()}/vpn.conf?device=${device}`);
    expect([status, body.type]).toEqual([400, 'urn:ghostifi:problem:invalid-parameters']);
  });
});

describe('a server whose machine was made before servers had several devices', () => {
  const parts = ['vpn', 'vpn.conf', 'vpn.png'];

  test.each(parts)('serves device 1, and refuses the others with the way out: %s', async (part) => {
    const serverId = await runningSinceBefore();
    expect((await get(`${serverId}/${part}?device=1`)).status).toBe(200);
    for (const device of numbers.slice(1)) {
      const { status, body } = await get(`${serverId}/${part}?device=${device}`);
      expect([status, body.type, body.serverStatus]).toEqual([409, 'urn:ghostifi:problem:device-not-ready', 'running']);
      expect(body.detail).toBe(
        `Device ${device} cannot connect to server ${serverId}: the machine was made for 1 device. Rebuild the server to add it.`,
      );
    }
  });

  test('says so for each device, until its rebuild has put a new machine into service', async () => {
    const serverId = await runningSinceBefore();
    const before = numbers.map((device) => ({
      device,
      label: null,
      ready: device === 1,
      reason: device === 1 ? null : 'needs-rebuild',
    }));
    expect(await devicesOf(serverId)).toEqual(before);
    expect((await get(`${serverId}/vpn`)).body.devices).toEqual(before);
    const { job } = await rebuild(api.store, serverId);
    expect(await devicesOf(serverId)).toEqual(before);
    const refused = await get(`${serverId}/vpn.conf?device=2`);
    expect([refused.status, refused.body.detail]).toEqual([
      409,
      expect.stringMatching(/It is being rebuilt; try again when it is running\.$/),
    ]);
    await settle(api.store, job.id, { end: 'made', machine: { ...confirmed, providerId: 'vps-2' } });
    expect((await devicesOf(serverId)).map(({ ready }: { ready: boolean }) => ready)).toEqual(Array(5).fill(true));
    expect((await get(`${serverId}/vpn.conf?device=2`)).status).toBe(200);
  });
});

describe('the label of a device', () => {
  test('is shown to people until it is removed, and survives a rebuild', async () => {
    const serverId = await running();
    expect((await name(serverId, 2, 'Ada’s phone')).body).toEqual({
      device: 2,
      label: 'Ada’s phone',
      ready: true,
      reason: null,
    });
    await name(serverId, 5, 'TV');
    await name(serverId, 5, 'The laptop 💻');
    const { job } = await rebuild(api.store, serverId);
    await settle(api.store, job.id, { end: 'made', machine: { ...confirmed, providerId: 'vps-2' } });
    const labels = [null, 'Ada’s phone', null, null, 'The laptop 💻'];
    const shown = async () => (await devicesOf(serverId)).map(({ label }: { label: string | null }) => label);
    expect(await shown()).toEqual(labels);
    expect((await get(`${serverId}/vpn`)).body.devices[1].label).toBe('Ada’s phone');
    expect((await name(serverId, 2, null)).body.label).toBeNull();
    expect(await shown()).toEqual([null, null, null, null, 'The laptop 💻']);
  });

  test('is never part of a config, and belongs to one server', async () => {
    const [serverId, other] = [await running(), await running()];
    const before = (await get(`${serverId}/vpn.conf?device=2`)).text;
    await name(serverId, 2, 'Ada’s phone');
    expect((await get(`${serverId}/vpn.conf?device=2`)).text).toBe(before);
    expect((await devicesOf(other))[1].label).toBeNull();
  });

  test('can be given before the server runs; no device is ready then', async () => {
    const { serverId } = await api.buy();
    expect((await name(serverId, 1, 'Phone')).status).toBe(200);
    expect((await devicesOf(serverId))[0]).toEqual({ device: 1, label: 'Phone', ready: false, reason: 'no-machine' });
  });

  test.each(['', ' phone', 'x'.repeat(41), 'two\nlines', 'hidden\u200b', 'turned \u202e', 7, undefined])(
    'is refused with 422: %j',
    async (label) => {
      const serverId = await running();
      const { status, body } = await name(serverId, 1, label);
      expect([status, body.errors[0].pointer]).toEqual([422, '/label']);
      expect((await devicesOf(serverId))[0].label).toBeNull();
    },
  );

  test('has up to 40 characters', async () => {
    const label = 'x'.repeat(40);
    expect((await name(await running(), 1, label)).body.label).toBe(label);
  });

  test.each(['0', '6', 'x'])('is refused for device %s', async (device) => {
    expect((await name(await running(), device, 'Phone')).status).toBe(400);
  });

  test('is deleted with the keys at the destroy, and cannot be given afterwards', async () => {
    const serverId = await running();
    await name(serverId, 2, 'Ada’s phone');
    const { job } = await destroy(api.store, serverId);
    await settle(api.store, job.id, removed);
    expect(await api.store.readDeviceLabels(serverId)).toEqual([]);
    expect((await name(serverId, 2, 'Ada’s phone')).status).toBe(410);
    expect((await get(`${serverId}/devices`)).status).toBe(410);
    expect(await api.store.readDeviceLabels(serverId)).toEqual([]);
  });

  test('of an unknown server is refused with 404', async () => {
    expect((await name('srv-none', 1, 'Phone')).status).toBe(404);
    expect((await get('srv-none/devices')).status).toBe(404);
  });
});
