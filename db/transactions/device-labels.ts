import { and, eq } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import { recordEvent } from './events.ts';
import { lockServer } from './line.ts';
import { type Actor, causedBy } from './request.ts';

export interface Labelling {
  readonly serverId: string;
  /** The device's number, from 1. */
  readonly device: number;
  /** null: the device has no label any more. */
  readonly label: string | null;
}

/**
 * Sets or removes the label of a device, and records that, without the label. False: the server is destroyed, and
 * nothing was changed. The lock keeps a destroy from settling meanwhile, which would leave the label behind. Throws
 * NotFoundError.
 */
export function* labelDevice(context: Context, labelling: Labelling, actor: Actor): Steps<boolean> {
  const { serverId, device, label } = labelling;
  const server = yield* lockServer(context, serverId);
  if (server.status === 'destroyed') return false;
  const { db, t } = context;
  const { deviceLabels: labels } = t;
  const own = and(eq(labels.serverId, serverId), eq(labels.device, device));
  if (label === null) yield* ask(db.delete(labels).where(own));
  else
    yield* ask(
      db
        .insert(labels)
        .values({ serverId, device, label })
        .onConflictDoUpdate({ target: [labels.serverId, labels.device], set: { label } }),
    );
  const detail = { device, labelled: label !== null };
  yield* recordEvent(context, { ...causedBy(actor), type: 'server.device_labelled', serverId, detail });
  return true;
}
