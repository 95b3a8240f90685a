import { readdirSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { withRedis } from '../redis.ts';
import { databaseFileOf } from './database.ts';
import type { Installation } from './installation.ts';
import { strayKeys } from './queue-keys.ts';
import { quantile } from './result.ts';
import type { Stage } from './stage.ts';
import { until } from './wait.ts';

/** What must not grow: by what it is called, with how much more of it is no growth, and the most there may ever be. */
const measures = {
  memory: { unit: ' MB', slack: 5, most: 400 },
  'open files': { unit: '', slack: 3, most: 150 },
  WAL: { unit: ' MB', slack: 2, most: 32 },
} as const;
type Measure = keyof typeof measures;

export interface Sizes {
  /** Tells the stage the figures, and what has grown. Resolves once a job explains every key in Redis. */
  stop(): Promise<void>;
}

/** One measure of one process, or of the database, over time. */
interface Series {
  readonly measure: Measure;
  readonly of: string;
  readonly values: number[];
}

const lookEveryMs = 3_000;
/** Of the second third, beyond the slack. */
const noGrowth = 1.1;

/** Measures API, workers and the WAL until it is stopped: the last third of the time against the second. */
export function watchSizes({ installation, note, broken }: Stage): Sizes {
  const seen = new Map<string, Series>();
  const stopping = new AbortController();
  const keep = (measure: Measure, of: string, value: number | null) => {
    const series = seen.get(`${measure}/${of}`) ?? { measure, of, values: [] };
    seen.set(`${measure}/${of}`, series);
    if (value !== null) series.values.push(value);
  };
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      for (const { name, pid, isRunning } of [installation.api, ...installation.workers]) {
        if (!isRunning) continue;
        keep('memory', name, memoryOf(pid));
        keep('open files', name, filesOf(pid));
      }
      keep('WAL', 'the database', walOf(installation));
      await delay(lookEveryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await watching;
      const judged = [...seen.values()].map(judge);
      for (const { description, isFlat } of judged) if (!isFlat) broken(`It grows: ${description}`);
      for (const measure of Object.keys(measures)) note(mostGrown(judged.filter((one) => one.measure === measure)));
      await withRedis(installation.redis, (redis) =>
        until('An end of keys that no job explains', async () => (await strayKeys(redis)).length === 0),
      );
    },
  };
}

interface Judged {
  readonly measure: Measure;
  readonly description: string;
  readonly growth: number;
  readonly isFlat: boolean;
}

function judge({ measure, of, values }: Series): Judged {
  const { unit, slack, most } = measures[measure];
  const third = Math.floor(values.length / 3);
  const before = quantile(values.slice(third, 2 * third), 0.5) ?? 0;
  const after = quantile(values.slice(2 * third), 0.5) ?? 0;
  const largest = Math.max(0, ...values);
  const [from, to, at] = [before, after, largest].map(Math.round);
  return {
    measure,
    description: `${measure} of ${of} from ${from} to ${to}${unit} (second third, last third; most: ${at})`,
    growth: after - before,
    isFlat: after <= before * noGrowth + slack && largest <= most,
  };
}

function mostGrown(judged: readonly Judged[]): string {
  return judged.toSorted((a, b) => b.growth - a.growth)[0]?.description ?? 'nothing was measured';
}

/** Resident, in MB; null: it has ended meanwhile. */
function memoryOf(pid: number): number | null {
  return orNull(() => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
}

function filesOf(pid: number): number | null {
  return orNull(() => readdirSync(`/proc/${pid}/fd`).length);
}

function walOf(installation: Installation): number | null {
  return orNull(() => statSync(`${databaseFileOf(installation)}-wal`).size / 2 ** 20);
}

function orNull(look: () => number): number | null {
  try {
    return look();
  } catch {
    return null;
  }
}
