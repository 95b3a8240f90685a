import { readdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { withRedis } from '../redis.ts';
import { fileOf } from './database.ts';
import type { Installation } from './installation.ts';
import { strayKeys } from './queue-keys.ts';
import { quantile } from './result.ts';
import type { Stage } from './scenario.ts';
import { until } from './wait.ts';

/** What must not grow: by what it is called, with the words for it and how much more of it is no growth. */
const measures = {
  'memory of a process': { unit: 'MB', slack: 20, most: 400 },
  'open files of a process': { unit: '', slack: 10, most: 150 },
  "the database's WAL": { unit: 'MB', slack: 4, most: 32 },
} as const;
type Measure = keyof typeof measures;

export interface Sizes {
  /** Tells the stage the figures, and what has grown. Resolves once a job explains every key in Redis. */
  stop(): Promise<void>;
}

const lookEveryMs = 3_000;

/** Measures API, workers and the WAL until it is stopped: the last third of the time against the second. */
export function watchSizes({ installation, note: tell, broken }: Stage): Sizes {
  const seen = new Map<Measure, number[]>(Object.keys(measures).map((measure) => [measure as Measure, []]));
  const stopping = new AbortController();
  const note = (measure: Measure, value: number | null) => {
    if (value !== null) seen.get(measure)?.push(value);
  };
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      const parts = [installation.api, ...installation.workers].filter(({ isRunning }) => isRunning);
      note('memory of a process', largest(parts.map(({ pid }) => memoryOf(pid))));
      note('open files of a process', largest(parts.map(({ pid }) => filesOf(pid))));
      note("the database's WAL", walOf(installation));
      await delay(lookEveryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await watching;
      const { grown, notes } = judgeSizes(seen);
      for (const words of grown) broken(words);
      for (const words of notes) tell(words);
      await withRedis(installation.redis, (redis) =>
        until('An end of keys that no job explains', async () => (await strayKeys(redis)).length === 0),
      );
    },
  };
}

function judgeSizes(seen: ReadonlyMap<Measure, readonly number[]>) {
  const grown: string[] = [];
  const notes: string[] = [];
  for (const [measure, values] of seen) {
    const { unit, slack, most } = measures[measure];
    const third = Math.floor(values.length / 3);
    const before = quantile(values.slice(third, 2 * third), 0.5) ?? 0;
    const after = quantile(values.slice(2 * third), 0.5) ?? 0;
    const largestSeen = Math.max(0, ...values);
    const figures = `${measure}: ${[before, after, largestSeen].map(Math.round).join(' → ')} ${unit}`.trim();
    notes.push(`${figures} (second third, last third, most)`);
    if (after > before * 1.2 + slack || largestSeen > most)
      grown.push(`It grows: ${figures}, at most ${most} is meant.`);
  }
  return { grown, notes };
}

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** Resident, in MB; null: it has ended meanwhile. */
function memoryOf(pid: number): number | null {
  return orNull(() => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
}

function filesOf(pid: number): number | null {
  return orNull(() => readdirSync(`/proc/${pid}/fd`).length);
}

function walOf(installation: Installation): number | null {
  return orNull(() => statSync(`${fileOf(installation)}-wal`).size / 2 ** 20);
}

function orNull(look: () => number): number | null {
  try {
    return look();
  } catch {
    return null;
  }
}
