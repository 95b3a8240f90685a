import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import SqliteConnection from 'better-sqlite3';
import { queueName } from '#queues/bullmq/connection.ts';
import { withRedis } from '../../redis.ts';
import type { Installation } from '../installation.ts';
import { allRun, whileBuying } from '../load.ts';
import { imageIn, mountImage, onDiskImage, unmount, whyNoMounts } from '../mounts.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { until } from '../wait.ts';

/**
 * The copy lacks everything that the kernel has not yet written to the image. So database pages that were not synced
 * are lost, like in a power cut. This proves that each commit was synced before a client or the queue was told. It does not prove that the disk
 * flushes its own cache.
 */
export const powerCut: Scenario = {
  id: 'power-cut',
  about:
    'the disk of the database is copied without a sync while purchases go on; every acknowledged purchase is in the copy, and every job whose end the queue knows is closed in it',
  runs: { full: 10, quick: 0 },
  skipReason: whyNoMounts,
  // The image is small, so that its copy takes little time.
  promise: { alertsLeft: ['disk-low'] },
  // Machines that boot at once, so that jobs end all the time.
  setting: {
    database: onDiskImage,
    simulatorEnv: { SIMULATOR_BOOT_SECONDS: '0', SIMULATOR_BOOT_JITTER: '0' },
  },
  run: async (stage) => {
    const { installation } = stage;
    await whileBuying(installation, 20, async () => {
      await until('the end of a job', async () => (await endedJobs(installation)).length > 0);
      await delay(stage.random.between(500, 2_500));
      const told = await cut(stage);
      await compare(stage, told);
    });
    await allRun({ installation }, acknowledgedIn(installation));
  },
};

function acknowledgedIn({ shop }: Installation): string[] {
  return shop.book.flatMap(({ serverId, outcome }) => (serverId && outcome === 'acknowledged' ? [serverId] : []));
}

/** The jobs that BullMQ holds as completed or failed. */
function endedJobs({ redis }: Installation): Promise<string[]> {
  const ends = ['completed', 'failed'];
  return withRedis(redis, async (client) =>
    (await Promise.all(ends.map((end) => client.zrange(`bull:${queueName}:${end}`, 0, '-1')))).flat(),
  );
}

/** What clients and the queue were told before the cut. */
interface Told {
  /** The ids of the servers whose purchase was acknowledged. */
  readonly acknowledged: readonly string[];
  /** The ids of the jobs that workers reported as ended. */
  readonly ended: readonly string[];
}

/** Copies the disk while all processes are stopped. */
async function cut({ installation, index }: Stage): Promise<Told> {
  const processes = [installation.api, ...installation.workers];
  for (const process of processes) process.signal('SIGSTOP');
  try {
    const told = { acknowledged: acknowledgedIn(installation), ended: await endedJobs(installation) };
    copyFileSync(imageIn(installation.folder), copyOf(installation, index));
    return told;
  } finally {
    for (const process of processes) process.signal('SIGCONT');
  }
}

async function compare({ installation, index, broken }: Stage, { acknowledged, ended }: Told): Promise<void> {
  const [image, disk] = [copyOf(installation, index), join(installation.folder, `cut-${index}`)];
  await mountImage(image, disk);
  try {
    const { kept, closed, damage } = readCopy(join(disk, 'chaos.db'));
    const lost = acknowledged.filter((id) => !kept.has(id));
    if (lost.length > 0)
      broken(`Cut ${index}: ${lost.length} of ${acknowledged.length} acknowledged purchases are lost.`);
    const open = ended.filter((id) => !closed.has(id));
    if (open.length > 0) broken(`Cut ${index}: ${open.length} of ${ended.length} ended jobs are open.`);
    if (damage !== 'ok') broken(`Cut ${index}: ${damage}`);
  } finally {
    await unmount(disk);
    rmSync(image);
  }
}

interface Copy {
  /** The ids of all servers. */
  readonly kept: ReadonlySet<string>;
  /** The ids of all closed jobs. */
  readonly closed: ReadonlySet<string>;
  /** `ok`: none. */
  readonly damage: unknown;
}

function readCopy(file: string): Copy {
  const database = new SqliteConnection(file);
  const read = (sql: string) => new Set(database.prepare<[], string>(sql).pluck().all());
  try {
    return {
      kept: read('SELECT id FROM servers'),
      closed: read("SELECT id FROM jobs WHERE state IN ('succeeded', 'failed', 'cancelled')"),
      damage: database.pragma('integrity_check', { simple: true }),
    };
  } finally {
    database.close();
  }
}

function copyOf({ folder }: Installation, index: number): string {
  return join(folder, `cut-${index}.img`);
}
