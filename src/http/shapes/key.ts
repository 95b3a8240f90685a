import { z } from 'zod';
import type { Key } from '#db/key-table.ts';
import { beyondCustomer, type Scope, scopes } from '#db/keys.ts';
import { presets, type Role, roles } from '#src/keys/presets.ts';
import { customer, instant, instantLike } from './fields.ts';

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be 1 to 40 lower-case letters, digits and dashes')
  .meta({ description: 'Events and the log name its holder by it, so it is never given again.', example: 'shop-2' });
const customersKey = 'Sees and commands only this customer’s servers; null: those of all.';
const scope = z.enum(scopes);

export const keyOrder = z
  .strictObject({
    name,
    scopes: z
      .array(scope)
      .min(1, 'must have at least one scope')
      .max(scopes.length)
      .optional()
      .meta({ description: 'Only scopes that the caller has. docs/keys.md says what each allows.' }),
    preset: z.enum(roles).optional().meta({ description: 'A name for scopes, instead of them.' }),
    customer: customer.optional().meta({ description: customersKey }),
    expiresAt: instantLike('2027-01-31T12:00:00Z').optional().meta({ description: 'Not given: it does not expire.' }),
  })
  .refine((order) => (order.scopes === undefined) !== (order.preset === undefined), {
    error: 'must be given, or else a preset',
    path: ['scopes'],
  })
  .refine((order) => order.customer === undefined || beyondCustomer(scopesOf(order)).length === 0, {
    error: ({ input }) => `must not have, with a customer: ${beyondCustomer(scopesOf(input as Asked)).join(', ')}`,
    path: ['scopes'],
  })
  .meta({ id: 'KeyOrder' });

interface Asked {
  readonly scopes?: readonly Scope[] | undefined;
  readonly preset?: Role | undefined;
}

/** The scopes that the order asks for. */
export function scopesOf({ scopes = [], preset }: Asked): readonly Scope[] {
  return preset === undefined ? [...new Set(scopes)] : presets[preset];
}

export const keyShape = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.string()),
    customer: z.string().nullable().meta({ description: customersKey }),
    last4: z.string().meta({ description: 'The end of its secret.' }),
    createdBy: z.string().meta({ description: 'Who made it, as in the events.' }),
    createdAt: instant,
    expiresAt: instant.nullable(),
    revokedAt: instant.nullable(),
    oldUntil: instant.nullable().meta({ description: 'Until then the secret before the last rotation is valid too.' }),
    usedAt: instant.nullable().meta({ description: 'When it was used last, to the minute.' }),
  })
  .meta({ id: 'Key' });

export const madeKey = z
  .object({
    ...keyShape.shape,
    secret: z.string().meta({ description: 'Shown in this answer and never again.' }),
  })
  .meta({ id: 'MadeKey' });

export function showKey(key: Key): z.output<typeof keyShape> {
  const { id, name, scopes, customer, last4, createdBy } = key;
  const times = {
    createdAt: key.createdAt.toISOString(),
    expiresAt: shownTime(key.expiresAt),
    revokedAt: shownTime(key.revokedAt),
    oldUntil: shownTime(key.oldUntil),
    usedAt: shownTime(key.usedAt),
  };
  return { id, name, scopes, customer, last4, createdBy, ...times };
}

function shownTime(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
