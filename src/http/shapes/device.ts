import { z } from 'zod';
import { devicesPerServer } from '#db/devices.ts';
import type { ServerWithMachine } from '#db/reads/servers.ts';
import type { DeviceLabel } from '#db/tables.ts';
import { deviceObstacle, deviceObstacles } from '#src/http/services/vpn-client.ts';
import { text } from './fields.ts';

/** The number of a device in a path or a query. */
export const deviceNumber = z
  .string()
  .regex(new RegExp(`^[1-${devicesPerServer}]$`), `must be a whole number from 1 to ${devicesPerServer}`)
  .transform(Number)
  .meta({ override: { type: 'integer', minimum: 1, maximum: devicesPerServer } });

export const label = text(40).meta({
  description:
    'The customer’s name for the device. One line of text, without control characters and invisible characters.',
  example: 'Ada’s phone',
});

export const deviceShape = z
  .object({
    device: z
      .number()
      .int()
      .meta({ description: `The number of the device, from 1 to ${devicesPerServer}.` }),
    label: z.string().nullable(),
    ready: z.boolean().meta({ description: 'Whether the device can connect now, with its own config.' }),
    reason: z.enum(deviceObstacles).nullable().meta({
      description:
        'Why it is not ready. `no-machine`: the server has none in service. `needs-rebuild`: the machine is older than this device; the next rebuild adds it. Null if it is ready.',
    }),
  })
  .meta({ id: 'Device' });

/** All devices of a server, in the order of their numbers. */
export function showDevices(found: ServerWithMachine, labels: readonly DeviceLabel[]): z.output<typeof deviceShape>[] {
  return Array.from({ length: devicesPerServer }, (_, at) => {
    const label = labels.find(({ device }) => device === at + 1)?.label ?? null;
    return showDevice(found, at + 1, label);
  });
}

export function showDevice(
  found: ServerWithMachine,
  device: number,
  label: string | null,
): z.output<typeof deviceShape> {
  const reason = deviceObstacle(found, device);
  return { device, label, ready: reason === null, reason };
}
