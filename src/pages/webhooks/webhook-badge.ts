import type { Webhook } from '#src/cli/api/bodies.ts';
import { badge } from '#src/html/badge.ts';
import type { Html } from '#src/html/html.ts';

export function webhookBadge({ state, offReason, failingSince }: Webhook): Html {
  if (state === 'off') return badge(offReason === null ? 'off' : `off: ${offReason}`, 'bad');
  return failingSince === null ? badge('on', 'good') : badge('failing', 'warn');
}
