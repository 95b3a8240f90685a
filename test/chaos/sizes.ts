import { setTimeout as delay } from 'node:timers/promises';
import { memoryMb, openFiles, walMb } from '../process-sizes.ts';
import { withRedis } from '../redis.ts';
import { databaseFileOf } from './database.ts';
import type { Installation } from './installation.ts';
import { strayKeys } from './queue-keys.ts';
import { quantile } from './result.ts';
import type { Stage } from './stage.ts';
import { until } from './wait.ts';

/** The measures that must not grow. `slack` is an increase that is not growth; `most` is the limit at any time. */
const measures = {
  memory: { unit: ' MB', slack: 5, most: 400 },
  'open files': { unit: '', slack: 3, most: 150 },
  // Its file keeps the largest size that it had. Checkpoints truncate it above 16 MB.
  WAL: { unit: ' MB', slack: 16, most: 32 },
} as const;
type Measure = keyof typeof measures;

export interface SizeWatch {
  /** Records the figures and any growth in the stage. Resolves once every key in Redis belongs to a job. */
  stop(): Promise<void>;
}

/** The values of one measure of one process, or of the database, over time. */
interface Series {
  readonly measure: Measure;
  readonly of: string;
  readonly values: number[];
}

type RecordValue = (measure: Measure, of: string, value: number | null) => void;

const measureEveryMs = 3_000;
/** The last third may exceed the second third by this factor, plus the slack. */
const noGrowth = 1.1;

/** Measures API, workers and WAL until it is stopped, and compares the last third of the time with the second. */
export function watchSizes({ installation, note, broken }: Stage): SizeWatch {
  const seen = new Map<string, Series>();
  const stopping = new AbortController();
  const record: RecordValue = (measure, of, value) => {
    const series = seen.get(`${measure}/${of}`) ?? { measure, of, values: [] };
    seen.set(`${measure}/${of}`, series);
    if (value !== null) series.values.push(value);
  };
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      measureAll(installation, record);
      await delay(measureEveryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await watching;
      const judged = [...seen.values()].map(judge);
      for (const { description, isFlat } of judged) if (!isFlat) broken(`It grows: ${description}`);
      for (const measure of Object.keys(measures)) note(mostGrown(judged.filter((one) => one.measure === measure)));
      await untilNoStrayKeys(installation);
    },
  };
}

function measureAll(installation: Installation, record: RecordValue): void {
  for (const { name, pid, isRunning } of [installation.api, ...installation.workers]) {
    if (!isRunning) continue;
    record(
      'memory',
      name,
      orNull(() => memoryMb(pid)),
    );
    record(
      'open files',
      name,
      orNull(() => openFiles(pid)),
    );
  }
  record(
    'WAL',
    'the database',
    orNull(() => walMb(databaseFileOf(installation))),
  );
}

async function untilNoStrayKeys({ redis }: Installation): Promise<void> {
  await withRedis(redis, (client) =>
    until('Redis to have no key without a job', async () => (await strayKeys(client)).length === 0),
  );
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

/** null: the process has ended, or there is no WAL. */
function orNull(measure: () => number): number | null {
  try {
    return measure();
  } catch {
    return null;
  }
}
