import { z } from 'zod';
import { reply, route } from '#src/http/route.ts';
import { readVpnClient } from '#src/http/services/vpn-client.ts';
import { serverParams } from '#src/http/shapes/server.ts';
import { clientFileName } from '#src/vpn/client-config.ts';
import { qrPicture } from '#src/vpn/qr.ts';
import { tunnel } from '#src/vpn/tunnel.ts';

/** Viewers have no access to the keys. */
const common = {
  method: 'get',
  access: 'buyer',
  params: serverParams,
  problems: ['not-found', 'not-allowed-now', 'gone', 'keys-unavailable'],
} as const;

const description =
  'Available while the server is `running` or `rebuilding`. In any other status the answer is 409; after the destroy it is 410. Contains the customer’s private key, so it is never cached or logged.';

const key = z.string().meta({ description: '32 bytes in base64.' });
const vpnShape = z
  .object({
    endpoint: z.object({ host: z.string(), port: z.number().int() }),
    addresses: z.array(z.string()).meta({ description: 'The client’s addresses inside the tunnel.' }),
    dns: z.array(z.string()),
    mtu: z.number().int(),
    keepaliveSeconds: z.number().int(),
    allowedIps: z.array(z.string()),
    serverPublicKey: key,
    clientPrivateKey: key,
    presharedKey: key,
    config: z.string().meta({ description: 'All of it as a config file for wg-quick and the WireGuard apps.' }),
  })
  .meta({ id: 'Vpn' });

const show = route({
  ...common,
  path: '/v1/servers/{id}/vpn',
  summary: 'Show the connection data of a VPN client',
  description,
  answers: { 200: { description: 'The keys, the addresses and the config file', body: vpnShape } },
  handle: async ({ params: { id } }, services) => {
    const { endpoint, keys, config } = await readVpnClient(services, id);
    const { server, client, presharedKey } = keys;
    return reply(200, {
      endpoint,
      addresses: [`${tunnel.client.ipv4}/32`, `${tunnel.client.ipv6}/128`],
      dns: [...tunnel.dns],
      mtu: tunnel.mtu,
      keepaliveSeconds: tunnel.keepaliveSeconds,
      allowedIps: [...tunnel.everything],
      serverPublicKey: server.publicKey,
      clientPrivateKey: client.privateKey,
      presharedKey,
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
  handle: async ({ params: { id } }, services) => {
    const { config } = await readVpnClient(services, id);
    return reply(200, config, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Disposition': `attachment; filename="${clientFileName(id)}"`,
    });
  },
});

const qrCode = route({
  ...common,
  path: '/v1/servers/{id}/vpn.png',
  summary: 'Download the config file as a QR code for the WireGuard apps',
  description,
  answers: { 200: { description: 'The QR code', body: null, contentType: 'image/png' } },
  handle: async ({ params: { id } }, services) => {
    const { config } = await readVpnClient(services, id);
    return reply(200, await qrPicture(config), { 'Content-Type': 'image/png' });
  },
});

export const vpnRoutes = [show, file, qrCode];
