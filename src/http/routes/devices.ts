import { z } from 'zod';
import { actorOf } from '#src/http/commands/idempotency.ts';
import { reply, route } from '#src/http/route.ts';
import { isDestroyed, readKeyedServer } from '#src/http/services/vpn-client.ts';
import { deviceNumber, deviceShape, label, showDevice, showDevices } from '#src/http/shapes/device.ts';
import { serverParams } from '#src/http/shapes/server.ts';

const list = route({
  method: 'get',
  path: '/v1/servers/{id}/devices',
  access: 'servers:read',
  forCustomers: 'server',
  summary: 'List the devices that can use a server at the same time',
  description:
    'Each device has its own key and address, and cannot reach the others. Its config is at `vpn.conf?device=`. A server whose machine is older than this feature has one device until its next rebuild.',
  params: serverParams,
  answers: { 200: { description: 'The devices', body: z.object({ items: z.array(deviceShape) }) } },
  problems: ['not-found', 'gone'],
  handle: async ({ params: { id } }, { store }) => {
    const found = await readKeyedServer(store, id);
    return reply(200, { items: showDevices(found, await store.readDeviceLabels(id)) });
  },
});

const rename = route({
  method: 'post',
  path: '/v1/servers/{id}/devices/{device}',
  access: 'servers:write',
  forCustomers: 'server',
  summary: 'Name a device',
  description:
    'The label is for people, who see it in the list of devices. It is kept over rebuilds, and deleted at the destroy. Null removes it.',
  params: z.strictObject({ ...serverParams.shape, device: deviceNumber }),
  body: z.strictObject({ label: label.nullable() }).meta({ id: 'DeviceLabel' }),
  answers: { 200: { description: 'The device', body: deviceShape } },
  problems: ['not-found', 'gone', 'database-busy', 'disk-full'],
  handle: async (call, { store, now }) => {
    const { id, device } = call.params;
    const { label } = call.body;
    const found = await readKeyedServer(store, id);
    const labelled = await store.labelDevice({ serverId: id, device, label }, actorOf(call, now()));
    if (!labelled) throw isDestroyed(id);
    return reply(200, showDevice(found, device, label));
  },
});

export const deviceRoutes = [list, rename];
