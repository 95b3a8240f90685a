import type { Scope } from '#db/keys.ts';
import { type LinkRight, linkNamed } from '#db/links.ts';
import type { LinkedServer } from '#db/reads/links.ts';
import type { Caller } from '#src/keys/caller.ts';

const scopes = {
  view: ['servers:read'],
  vpn: ['vpn:read', 'servers:write'],
  rebuild: ['servers:write'],
  schedule: ['servers:write'],
  billing: ['purchases:write'],
} as const satisfies Record<LinkRight, readonly Scope[]>;

/**
 * A link as a caller of the API: it has the scopes that its rights need, for the customer of its server. The page checks
 * the right of each form, and names only the server of the link.
 */
export function callerOfLink({ link, server }: LinkedServer): Caller {
  return {
    name: linkNamed(link.id),
    scopes: [...new Set(link.may.flatMap((right) => scopes[right]))],
    customer: server.customer,
  };
}
