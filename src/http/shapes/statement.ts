import { z } from 'zod';
import { serverStatuses } from '#db/model.ts';
import { holds, standings } from '#db/subscriptions.ts';
import type { StatementRow } from '#db/tables.ts';
import { instant } from './fields.ts';

export const day = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'must be a day, such as 2026-11-29')
  .meta({ description: 'A day of STATEMENT_ZONE.', example: '2026-11-29' });

const count = z.int();
const amount = z
  .object({
    currency: z.string().meta({ example: 'USD' }),
    amount: z.number().meta({ description: 'In the currency’s smallest unit.' }),
  })
  .meta({ id: 'Amount' });
const amounts = z.array(amount).nullable();

/** The first 100 of something, and how many there are. */
function firstOf<T extends z.ZodType>(item: T) {
  return z.object({ count, first: z.array(item).meta({ description: 'At most 100.' }) });
}

const statement = z
  .object({
    day,
    zone: z.string(),
    from: instant,
    to: instant,
    writtenAt: instant,
    complete: z.boolean().meta({ description: 'false: something is not known, and null here.' }),
    machines: z
      .object({ billed: count, owned: count, unknown: count, missing: count })
      .nullable()
      .meta({ description: 'As the last complete listing of the day found them.' }),
    usage: z
      .array(
        z.object({
          provider: z.string(),
          plan: z.string(),
          isOrphan: z.boolean().meta({ description: 'No server needs these machines.' }),
          hours: z.number(),
          cost: amount.nullable().meta({ description: 'null: the catalogue has no price.' }),
        }),
      )
      .nullable(),
    estimate: z.string().meta({ description: 'How the costs were computed.' }),
    cost: amounts,
    orphanCost: amounts,
    paid: amounts.meta({ description: 'By the time of the payment at Stripe.' }),
    refunded: amounts.meta({ description: 'By the time at which this service learned of it.' }),
    disputed: amounts,
    margin: amounts.meta({ description: 'In each currency in which there are costs and payments.' }),
    owed: firstOf(z.object({ serverId: z.string(), status: z.enum(serverStatuses), since: instant })),
    servedUnpaid: firstOf(z.object({ subscriptionId: z.string(), serverId: z.string(), standing: z.enum(standings) })),
    payingForNothing: firstOf(z.object({ subscriptionId: z.string(), since: instant })),
    held: firstOf(z.object({ subscriptionId: z.string(), hold: z.enum(holds), since: instant })),
    events: count,
    eventsDigest: z.string().meta({ description: 'The SHA-256 of the events of the day.' }),
  })
  .meta({ id: 'StatementBody' });

export const statementShape = z
  .object({
    day,
    digest: z.string().meta({ description: 'The SHA-256 of `statement` as JSON without spaces.' }),
    statement,
  })
  .meta({ id: 'Statement' });

export function showStatement({ day, digest, body }: StatementRow): z.output<typeof statementShape> {
  // Stored as it was written; a copy, since the type of the shape is not read-only.
  return { day, digest, statement: body as z.output<typeof statement> };
}
