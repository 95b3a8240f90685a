import { beforeEach } from 'vitest';
import type { Store } from '#db/store.ts';
import type { Machine } from '#db/tables.ts';
import { type InventoryReport, takeInventory } from '#queues/inventory/inventory.ts';
import type { Provider } from '#queues/ports/provider.ts';
import { settle } from '../../db/conformance/fixture.ts';
import { quiet } from '../../world.ts';
import { useWorkplace, type Workplace } from '../workplace.ts';

interface PassChanges {
  readonly installation?: string;
  readonly stop?: AbortSignal;
  readonly store?: Store;
  readonly provider?: Provider;
}

/** A workplace with DNS that can run passes of the inventory. */
export interface Passes {
  readonly place: Workplace;
  /** Runs one pass, which gets the missing machines of the previous pass of the same test. */
  pass(changes?: PassChanges): Promise<InventoryReport>;
  /** The kinds of the recorded alerts, oldest first. */
  alertKinds(): Promise<string[]>;
  /** The names of the machines that exist at the provider. */
  names(): string[];
  /** Makes a failed purchase whose machine is left to the inventory. Returns the machine's name. */
  abandoned(): Promise<string>;
  /** The machine's row; `{}` if there is none. */
  rowOf(name: string): Promise<Partial<Machine>>;
}

export function usePasses(): Passes {
  const place = useWorkplace({ names: true });
  const { signal } = new AbortController();
  let missing: ReadonlySet<string> = new Set();
  beforeEach(() => {
    missing = new Set();
  });
  return {
    place,
    pass: async ({ stop = signal, installation = 'test', store = place.store, provider = place.provider } = {}) => {
      const { dns, deps } = place;
      const inventory = { store, provider, dns, installation, now: deps.now, log: quiet };
      const report = await takeInventory(inventory, missing, stop);
      missing = report.missing;
      return report;
    },
    alertKinds: async () => {
      const { recorded } = await place.store.readTroubles({ unservedSince: new Date(0), slowSince: new Date(0) });
      return recorded.map(({ kind }) => kind);
    },
    names: () => place.provider.machines().map(({ name }) => name),
    abandoned: async () => {
      const { server, job } = await place.bought();
      const failed = { end: 'failed', error: 'No.', leftover: 'abandoned' } as const;
      await settle(place.store, job.id, failed, { now: place.clock.now });
      place.provider.put({ name: `gf-${server.id}-1`, owner: ownerOf(server.id) });
      return `gf-${server.id}-1`;
    },
    rowOf: async (name) => (await place.store.readMachine(name))?.machine ?? {},
  };
}

export function ownerOf(serverId: string) {
  return { installation: 'test', serverId };
}
