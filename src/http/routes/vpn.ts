import { z } from 'zod';
import { reply, route } from '#src/http/route.ts';
import { clientOf } from '#src/http/services/vpn-client.ts';
import { serverParams } from '#src/http/shapes/server.ts';
import { clientFileName } from '#src/vpn/client-config.ts';
import { qrPicture } from '#src/vpn/qr.ts';
import { tunnel } from '#src/vpn/tunnel.ts';

/** Keys are for those who sell and run servers; a viewer does not get them. */
const common = {
  method: 'get',
  access: 'buyer',
  params: serverParams,
  problems: ['not-found', 'not-allowed-now', 'gone'],
} as const;

const when =
  'There while the server is `running` or `rebuilding`: before that 409, once it is destroyed 410. Holds the customer’s private key; it is never cached or logged.';

const key = z.string().meta({ description: '32 bytes in base64' });
const vpnShape = z
  .object({
    endpoint: z.object({ host: z.string(), port: z.number().int() }),
    addresses: z.array(z.string()).meta({ description: 'Of the client, inside the tunnel' }),
    dns: z.array(z.string()),
    mtu: z.number().int(),
    keepaliveSeconds: z.number().int(),
    allowedIps: z.array(z.string()),
    serverPublicKey: key,
    clientPrivateKey: key,
    presharedKey: key,
    config: z.string().meta({ description: 'The same as a file for wg-quick and the WireGuard apps' }),
  })
  .meta({ id: 'Vpn' });

const show = route({
  ...common,
  path: '/v1/servers/{id}/vpn',
  summary: 'What a client needs to connect',
  description: when,
  answers: { 200: { description: 'Keys, addresses and the config file', body: vpnShape } },
  handle: async ({ params: { id } }, services) => {
    const { endpoint, keys, config } = await clientOf(services, id);
    const { server, client, presharedKey } = keys;
    return reply(200, {
      ...{ endpoint, dns: [...tunnel.dns], mtu: tunnel.mtu, keepaliveSeconds: tunnel.keepaliveSeconds },
      addresses: [`${tunnel.client.ipv4}/32`, `${tunnel.client.ipv6}/128`],
      allowedIps: [...tunnel.everything],
      ...{ serverPublicKey: server.publicKey, clientPrivateKey: client.privateKey, presharedKey, config },
    });
  },
});

const file = route({
  ...common,
  path: '/v1/servers/{id}/vpn.conf',
  summary: 'The config file for wg-quick and the WireGuard apps',
  description: when,
  answers: {
    200: {
      description: 'The file',
      body: null,
      contentType: 'text/plain',
      headers: { 'Content-Disposition': 'A file name that the apps take as the name of the tunnel' },
    },
  },
  handle: async ({ params: { id } }, services) => {
    const { config } = await clientOf(services, id);
    return reply(200, config, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Disposition': `attachment; filename="${clientFileName(id)}"`,
    });
  },
});

const picture = route({
  ...common,
  path: '/v1/servers/{id}/vpn.png',
  summary: 'The config file as a QR code for the WireGuard apps',
  description: when,
  answers: { 200: { description: 'The picture', body: null, contentType: 'image/png' } },
  handle: async ({ params: { id } }, services) => {
    const { config } = await clientOf(services, id);
    return reply(200, await qrPicture(config), { 'Content-Type': 'image/png' });
  },
});

export const vpnRoutes = [show, file, picture];
