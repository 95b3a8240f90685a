import type { Scope } from '#db/keys.ts';

/** Who calls: a token of the configuration, or a key of the database. */
export interface Caller {
  /** Unique among both. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Sees and commands only this customer's servers; null: those of all. */
  readonly customer: string | null;
}

export function mayUse({ scopes }: Pick<Caller, 'scopes'>, needed: Scope): boolean {
  return scopes.includes(needed);
}
