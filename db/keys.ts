/** The rights that a caller can have. docs/keys.md says what each allows. */
export const scopes = [
  'servers:read',
  'servers:write',
  'vpn:read',
  'purchases:write',
  'jobs:write',
  'money:read',
  'audit:read',
  'alerts:read',
  'webhooks:write',
  'keys:write',
  'sale:write',
  'machines:remove',
  'board:read',
  'board:act',
] as const;
export type Scope = (typeof scopes)[number];

/** Those that a key of one customer can have. The others concern the whole installation. */
export const customerScopes = [
  'servers:read',
  'servers:write',
  'vpn:read',
  'purchases:write',
  'jobs:write',
  'audit:read',
] as const satisfies readonly Scope[];

/** Those of the scopes that a key of one customer cannot have. */
export function beyondCustomer(wanted: readonly Scope[]): Scope[] {
  return wanted.filter((scope) => !customerScopes.some((possible) => possible === scope));
}

/** Whether the key is neither revoked nor expired. */
export function isValid(
  { revokedAt, expiresAt }: { readonly revokedAt: Date | null; readonly expiresAt: Date | null },
  now: Date,
): boolean {
  return revokedAt === null && (expiresAt === null || now < expiresAt);
}
