import { asc, eq } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { DeviceLabel } from '#db/tables.ts';

/** The labels of the server's devices, without those that have none. */
export function* readDeviceLabels({ db, t: { deviceLabels } }: Context, serverId: string): Steps<DeviceLabel[]> {
  const { serverId: owner, device } = deviceLabels;
  return yield* ask(db.select().from(deviceLabels).where(eq(owner, serverId)).orderBy(asc(device)));
}
