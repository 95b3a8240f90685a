import type { MachineCounts } from '#db/statements.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';
import type { Comparison } from './compare.ts';
import type { Pass } from './pass.ts';

/** The machines that the cloud bills, as a complete listing found them before anything was removed. */
export interface Billed {
  /** When the listing began. */
  readonly at: Date;
  readonly provider: string;
  readonly machines: readonly Pick<CloudMachine, 'id' | 'plan' | 'createdAt'>[];
  /** The machines that no server needs. */
  readonly orphanIds: ReadonlySet<string>;
  readonly counts: MachineCounts;
}

export function billedBy({ listing, listedAt, provider }: Pass, comparison: Comparison): Billed {
  const { unknown, removable, missing } = comparison;
  const billed = listing.length;
  return {
    at: listedAt,
    provider: provider.name,
    machines: listing,
    orphanIds: new Set([...unknown, ...removable.map(({ machine }) => machine)].map(({ id }) => id)),
    counts: { billed, owned: billed - unknown.length, unknown: unknown.length, missing: missing.length },
  };
}
