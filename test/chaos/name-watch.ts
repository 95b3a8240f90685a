import { setTimeout as delay } from 'node:timers/promises';
import type { Installation } from './installation.ts';
import type { SimulatedMachine, SimulatedRecord } from './simulated-cloud.ts';

export interface NameWatch {
  /** A sentence for each name that was seen without a running machine behind it. */
  end(): Promise<string[]>;
}

const lookEveryMs = 200;

/**
 * Looks all the time whether each name points at a machine that runs. A name that was once there must stay, unless its
 * server's destroy has been asked for.
 */
export function watchNames({ cloud, shop }: Installation): NameWatch {
  const found = new Map<string, string>();
  const stop = new AbortController();
  let before: readonly string[] = [];
  const look = async () => {
    const { machines, records } = await cloud.present();
    const names = Map.groupBy(records, ({ name }) => name);
    for (const [name, pointed] of names) {
      const dangling = danglingIn(pointed, machines);
      if (dangling) found.set(name, `${name} pointed at ${dangling}, where no machine runs.`);
    }
    const leaving = shop.book.filter(({ kind }) => kind === 'destroy').map(({ serverId }) => serverId);
    const vanished = before.filter((name) => !names.has(name) && !leaving.includes(name.split('.')[0] ?? ''));
    for (const name of vanished) found.set(name, `${name} pointed nowhere.`);
    before = [...names.keys()];
  };
  const watching = (async () => {
    while (!stop.signal.aborted) {
      // The simulator may be down, by a scenario's will.
      await look().catch(() => undefined);
      await delay(lookEveryMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    end: async () => {
      stop.abort();
      await watching;
      return [...found.values()];
    },
  };
}

function danglingIn(records: readonly SimulatedRecord[], machines: readonly SimulatedMachine[]): string | null {
  const addresses = records.filter(({ type }) => type === 'A').map(({ content }) => content);
  return (
    addresses.find((address) => !machines.some(({ ipv4, state }) => ipv4 === address && state === 'active')) ?? null
  );
}
