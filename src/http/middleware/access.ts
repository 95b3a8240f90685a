import type { Role } from '#src/config/tokens.ts';

/** Who may use a route. */
export const access = {
  /** Without a token. */
  anyone: [],
  reader: ['viewer', 'storefront', 'operator'],
  /** Those who look after the service; a storefront does not see its alerts. */
  overseer: ['viewer', 'operator'],
  buyer: ['storefront', 'operator'],
  operator: ['operator'],
} as const satisfies Record<string, readonly Role[]>;
export type Access = keyof typeof access;

export function mayUse(role: Role, needed: Access): boolean {
  return needed === 'anyone' || access[needed].some((allowed) => allowed === role);
}
