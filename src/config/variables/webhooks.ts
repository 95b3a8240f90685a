import { z } from 'zod';
import { variable } from './variable.ts';

/** Where news may be sent. */
export const webhookVariables = {
  WEBHOOK_PRIVATE_ADDRESSES: variable(z.enum(['refuse', 'allow']), {
    fallback: 'refuse',
    mustBe: 'refuse or allow',
    about:
      '`refuse`: webhooks have https addresses, and lead to the public internet only. `allow`: also http, and addresses of this host and of private networks; whoever may add webhooks reaches them. `npm start` sets `allow`.',
    processes: ['api', 'worker'],
  }),
} as const;
