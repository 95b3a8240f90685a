import type { Role } from '#src/config/tokens.ts';

/** The roles that may use a route, by access level. */
export const access = {
  /** No token needed. */
  anyone: [],
  reader: ['viewer', 'storefront', 'operator'],
  /** Reads the alerts and the dashboard. A storefront may not. */
  overseer: ['viewer', 'operator'],
  buyer: ['storefront', 'operator'],
  operator: ['operator'],
} as const satisfies Record<string, readonly Role[]>;
export type Access = keyof typeof access;

export function mayUse(role: Role, needed: Access): boolean {
  return needed === 'anyone' || access[needed].some((allowed) => allowed === role);
}
