import { z } from 'zod';

const text = z.string().min(1).max(5_000);
const metadata = z.record(z.string().max(40), z.string().max(500)).default({});
const count = z.coerce.number().int().min(1);
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** What opens a checkout. Stripe's version endive took `payment_method_types` away. */
export const checkoutSchema = z.strictObject({
  mode: z.literal('subscription'),
  line_items: z.array(z.strictObject({ price: text, quantity: count.default(1) })).length(1),
  success_url: z.url(),
  cancel_url: z.url().optional(),
  client_reference_id: z.string().max(200).optional(),
  customer: text.optional(),
  customer_email: z.email().optional(),
  metadata,
  subscription_data: z
    .strictObject({ metadata, trial_period_days: count.max(730).optional() })
    .default({ metadata: {} }),
});
/** A page where a customer changes the card or cancels. */
export const portalSchema = z.strictObject({ customer: text, return_url: z.url() });
/** The changes of a subscription. An empty `cancel_at` undoes a cancellation. */
export const updateSchema = z.strictObject({
  metadata: z.record(z.string().max(40), z.string().max(500)).optional(),
  cancel_at_period_end: flag.optional(),
  cancel_at: z.union([z.literal(''), z.coerce.number().int()]).optional(),
  items: z
    .array(z.strictObject({ id: text.optional(), price: text }))
    .length(1)
    .optional(),
});
export const refundSchema = z.strictObject({
  charge: text.optional(),
  payment_intent: text.optional(),
  amount: count.optional(),
  metadata,
});
