import { z } from 'zod';
import { linkRights } from '#db/links.ts';
import type { LinkRow } from '#db/tables.ts';
import { instant } from './fields.ts';

const right = z.enum(linkRights);
const minuteMs = 60_000;
const unitsMs: Readonly<Record<string, number>> = { m: minuteMs, h: 60 * minuteMs, d: 24 * 60 * minuteMs };
const longestMs = 30 * 24 * 60 * minuteMs;
const mustBe = 'must be a time from 1m to 30d: a whole number with m, h or d';

const expiresIn = z
  .string()
  .regex(/^[1-9]\d{0,5}[mhd]$/, mustBe)
  .default('7d')
  .transform((text, context) => {
    const ms = Number.parseInt(text, 10) * (unitsMs[text.slice(-1)] ?? 0);
    if (ms <= longestMs) return ms;
    context.addIssue({ code: 'custom', message: mustBe });
    return z.NEVER;
  })
  .meta({
    override: { type: 'string', pattern: '^[1-9][0-9]{0,5}[mhd]$', default: '7d' },
    description: 'How long the link works, at most 30 days: `90m`, `12h`, `7d`.',
  });

export const linkOrder = z
  .strictObject({
    may: z
      .array(right)
      .min(1, 'must have at least one right')
      .max(linkRights.length, `must have at most ${linkRights.length} rights`)
      .meta({
        description:
          'What its holder may do. `view`: see the state of the server; every link may. `vpn`: get the configs, which have private keys, and name devices. `rebuild`: rebuild the server, also at another place. `schedule`: change its regular rebuilds. `billing`: open Stripe’s page of the subscription.',
        example: ['view', 'vpn'],
      }),
    expiresIn,
  })
  .meta({ id: 'CustomerLinkOrder' });

export const linkShape = z
  .object({
    id: z.string(),
    serverId: z.string(),
    may: z.array(right),
    createdBy: z.string().meta({ description: 'Who made it, as in the events.' }),
    createdAt: instant,
    expiresAt: instant,
  })
  .meta({ id: 'CustomerLink' });

export const madeLink = z
  .object({
    ...linkShape.shape,
    url: z.string().meta({
      description: 'The address of the page: a secret. It begins with PUBLIC_URL, else with the address of this call.',
    }),
  })
  .meta({ id: 'MadeCustomerLink' });

export function showLink({ id, serverId, may, createdBy, createdAt, expiresAt }: LinkRow): z.output<typeof linkShape> {
  const times = { createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
  return { id, serverId, may, createdBy, ...times };
}
