import { type Scope, scopes } from '#db/keys.ts';

/** The roles of the tokens in API_TOKENS. Each is a name for scopes. */
export const roles = ['viewer', 'storefront', 'operator'] as const;
export type Role = (typeof roles)[number];

/** viewer reads; storefront also buys and sends commands; operator does everything. */
export const presets = {
  viewer: ['servers:read', 'money:read', 'audit:read', 'alerts:read', 'board:read'],
  storefront: ['servers:read', 'servers:write', 'vpn:read', 'purchases:write'],
  operator: scopes,
} as const satisfies Record<Role, readonly Scope[]>;
