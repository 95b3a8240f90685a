import { z } from 'zod';
import { reply, route } from '#src/http/route.ts';
import { readVpnClient } from '#src/http/services/vpn-client.ts';
import { deviceNumber, deviceShape, showDevices } from '#src/http/shapes/device.ts';
import { serverParams } from '#src/http/shapes/server.ts';
import { clientFileName } from '#src/vpn/client-config.ts';
import { keysOfDevice } from '#src/vpn/keys.ts';
import { qrPicture } from '#src/vpn/qr.ts';
import { addressesOf, tunnel } from '#src/vpn/tunnel.ts';

const askedDevice = deviceNumber.default(1).meta({
  description: 'The number of the device. Each device has its own key: two devices with one key disturb each other.',
});

/** Viewers have no access to the keys. */
const common = {
  method: 'get',
  access: 'vpn:read',
  forCustomers: 'server',
  params: serverParams,
  query: z.strictObject({ device: askedDevice }),
  problems: ['not-found', 'not-allowed-now', 'device-not-ready', 'gone', 'keys-unavailable'],
} as const;

const description =
  'Available while the server is `running` or `rebuilding`. In any other status the answer is 409; after the destroy it is 410. A device that the machine does not know yet gets 409 (`device-not-ready`) until the next rebuild. Contains the device’s private key, so it is never cached or logged.';

const key = z.string().meta({ description: '32 bytes in base64.' });
const vpnShape = z
  .object({
    endpoint: z.object({ host: z.string(), port: z.number().int() }),
    addresses: z.array(z.string()).meta({ description: 'The device’s addresses inside the tunnel.' }),
    dns: z.array(z.string()),
    mtu: z.number().int(),
    keepaliveSeconds: z.number().int(),
    allowedIps: z.array(z.string()),
    serverPublicKey: key,
    clientPrivateKey: key,
    presharedKey: key,
    device: z.number().int().meta({ description: 'The number of the device that these data are for.' }),
    devices: z.array(deviceShape).meta({ description: 'All devices of the server.' }),
    config: z.string().meta({ description: 'All of it as a config file for wg-quick and the WireGuard apps.' }),
  })
  .meta({ id: 'Vpn' });

const show = route({
  ...common,
  path: '/v1/servers/{id}/vpn',
  summary: 'Show the connection data of a device',
  description,
  answers: { 200: { description: 'The keys, the addresses and the config file', body: vpnShape } },
  handle: async ({ params: { id }, query: { device } }, services) => {
    const { found, endpoint, keys, config } = await readVpnClient(services, id, device);
    const { client, presharedKey } = keysOfDevice(keys, device);
    const { ipv4, ipv6 } = addressesOf(device);
    return reply(200, {
      endpoint,
      addresses: [`${ipv4}/32`, `${ipv6}/128`],
      dns: [...tunnel.dns],
      mtu: tunnel.mtu,
      keepaliveSeconds: tunnel.keepaliveSeconds,
      allowedIps: [...tunnel.everything],
      serverPublicKey: keys.server.publicKey,
      clientPrivateKey: client.privateKey,
      presharedKey,
      device,
      devices: showDevices(found, await services.store.readDeviceLabels(id)),
      config,
    });
  },
});

const file = route({
  ...common,
  path: '/v1/servers/{id}/vpn.conf',
  summary: 'Download the config file for wg-quick and the WireGuard apps',
  description,
  answers: {
    200: {
      description: 'The file',
      body: null,
      contentType: 'text/plain',
      headers: { 'Content-Disposition': 'A file name that the apps accept as the tunnel’s name' },
    },
  },
  handle: async ({ params: { id }, query: { device } }, services) => {
    const { config } = await readVpnClient(services, id, device);
    return reply(200, config, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Disposition': `attachment; filename="${clientFileName(id, device)}"`,
    });
  },
});

const qrCode = route({
  ...common,
  path: '/v1/servers/{id}/vpn.png',
  summary: 'Download the config file as a QR code for the WireGuard apps',
  description,
  answers: { 200: { description: 'The QR code', body: null, contentType: 'image/png' } },
  handle: async ({ params: { id }, query: { device } }, services) => {
    const { config } = await readVpnClient(services, id, device);
    return reply(200, await qrPicture(config), { 'Content-Type': 'image/png' });
  },
});

export const vpnRoutes = [show, file, qrCode];
