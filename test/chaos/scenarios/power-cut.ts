import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import SqliteConnection from 'better-sqlite3';
import type { Installation } from '../installation.ts';
import { allRun, whileBuying } from '../load.ts';
import { imageIn, mountImage, onDiskImage, unmount, whyNoMounts } from '../mounts.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';

/**
 * The copy lacks everything that the kernel has not yet written to the image. So database pages that were not synced
 * are lost, like in a power cut. This proves that each acknowledged commit was synced. It does not prove that the disk
 * flushes its own cache.
 */
export const powerCut: Scenario = {
  id: 'power-cut',
  about:
    'the disk of the database is copied without a sync while purchases go on; every acknowledged purchase is in the copy',
  runs: { full: 10, quick: 0 },
  skipReason: whyNoMounts,
  setting: { database: onDiskImage },
  run: async (stage) => {
    const { installation } = stage;
    await whileBuying(installation, 20, async () => {
      await delay(stage.random.between(500, 2_500));
      const acknowledged = await cut(stage);
      await compare(stage, acknowledged);
    });
    await allRun({ installation }, acknowledgedIn(installation));
  },
};

function acknowledgedIn({ shop }: Installation): string[] {
  return shop.book.flatMap(({ serverId, outcome }) => (serverId && outcome === 'acknowledged' ? [serverId] : []));
}

/** Copies the disk while all processes are stopped. Returns the servers that were acknowledged by then. */
async function cut({ installation, index }: Stage): Promise<string[]> {
  const processes = [installation.api, ...installation.workers];
  for (const process of processes) process.signal('SIGSTOP');
  try {
    const acknowledged = acknowledgedIn(installation);
    copyFileSync(imageIn(installation.folder), copyOf(installation, index));
    return acknowledged;
  } finally {
    for (const process of processes) process.signal('SIGCONT');
  }
}

async function compare({ installation, index, broken }: Stage, acknowledged: readonly string[]): Promise<void> {
  const [image, disk] = [copyOf(installation, index), join(installation.folder, `cut-${index}`)];
  await mountImage(image, disk);
  try {
    const { kept, damage } = readCopy(join(disk, 'chaos.db'));
    const lost = acknowledged.filter((id) => !kept.has(id));
    if (lost.length > 0)
      broken(`Cut ${index}: ${lost.length} of ${acknowledged.length} acknowledged purchases are lost.`);
    if (damage !== 'ok') broken(`Cut ${index}: ${damage}`);
  } finally {
    await unmount(disk);
    rmSync(image);
  }
}

function readCopy(file: string): { kept: ReadonlySet<string>; damage: unknown } {
  const database = new SqliteConnection(file);
  try {
    const kept = new Set(database.prepare<[], string>('SELECT id FROM servers').pluck().all());
    return { kept, damage: database.pragma('integrity_check', { simple: true }) };
  } finally {
    database.close();
  }
}

function copyOf({ folder }: Installation, index: number): string {
  return join(folder, `cut-${index}.img`);
}
