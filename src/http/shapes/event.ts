import { z } from 'zod';
import { eventTypes } from '#db/events.ts';
import type { EventRow } from '#db/tables.ts';
import { instant } from './fields.ts';

/** A newer version may have written other types. */
const type = z.string().meta({ override: { type: 'string', examples: [...eventTypes] } });
const cause = z
  .string()
  .nullable()
  .meta({ description: 'The id of the event that caused it; null: none is recorded.' });
const actor = z.string().meta({
  description:
    'Who caused it: `key:<name>` for a caller with this token; `link:<id>` for a customer with this link; `policy`, `worker`, `inventory`, `stripe` or `schedule` for a part of the service.',
  example: 'key:shop',
});

/** The fields that an event and an entry of a history have in common. */
export const eventFields = {
  type,
  actor,
  cause,
  requestId: z.string().nullable().meta({ description: 'The request that it records, as in the log.' }),
  jobId: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()).meta({
    description: 'Such as the kind and the error of a job, and the machines with their addresses that came or went.',
  }),
  at: instant,
};

export const eventShape = z
  .object({
    id: z.string(),
    sequence: z.number().int().meta({ description: 'Rises with each event.' }),
    ...eventFields,
    serverId: z.string().nullable(),
    subscriptionId: z.string().nullable(),
    subject: z.string().nullable().meta({ description: 'Such as the provider’s id of a machine without a row.' }),
  })
  .meta({ id: 'Event' });

export function showEvent(event: EventRow): z.output<typeof eventShape> {
  const { uid: id, id: sequence, serverId, subscriptionId, subject } = event;
  return { id, sequence, ...showFields(event), serverId, subscriptionId, subject };
}

const fieldsShape = z.object(eventFields);

export function showFields(event: EventRow): z.output<typeof fieldsShape> {
  const { type, actor, cause, requestId, jobId, detail, at } = event;
  // The column of the detail holds JSON; only objects are written.
  return fieldsShape.parse({ type, actor, cause, requestId, jobId, detail, at: at.toISOString() });
}
