import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { databaseFileOf } from '../database.ts';
import type { Installation } from '../installation.ts';
import { allRun, buyMany } from '../load.ts';
import { onSmallDisk, whyNoMounts } from '../mounts.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { untilAlert } from './alerts.ts';
import { serverOf } from './life.ts';

const megabytes = 16;
const fullMs = 10_000;

export const fullDisk: Scenario = {
  id: 'db-full',
  about: `the disk of the database is full for ${fullMs / 1000} s while jobs are active; purchases get 503 and are told why, /readyz fails, and the alert disk-full is raised`,
  runs: { full: 3, quick: 0 },
  skipReason: whyNoMounts,
  // So small a disk is always nearly full.
  promise: { alertsLeft: ['disk-low'] },
  setting: {
    database: (folder) => onSmallDisk(folder, megabytes),
    simulatorEnv: { SIMULATOR_BOOT_SECONDS: '3' },
  },
  run: async (stage) => {
    const { installation, broken, recovered } = stage;
    const ids = await buyMany(installation, 20);
    const filler = join(dirname(databaseFileOf(installation)), 'filler');
    emptyWal(installation);
    fill(filler);
    const refused = Array.from({ length: 5 }, () => installation.shop.buy());
    await delay(fullMs / 2);
    const ready = await installation.shop.get('/readyz');
    if (ready.status === 200) broken('/readyz answered 200 while the disk was full.');
    await untilAlert(installation, 'disk-full', fullMs);
    await delay(fullMs / 2);
    await checkAnswers(stage);
    rmSync(filler);
    const freedAt = performance.now();
    const later = (await Promise.all(refused)).map(serverOf);
    await allRun({ installation }, [...ids, ...later]);
    recovered(performance.now() - freedAt);
  },
};

/** Without this, SQLite could continue to write into the space of its WAL. */
function emptyWal(installation: Installation): void {
  const database = new Database(databaseFileOf(installation), { timeout: 5_000 });
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
}

function fill(file: string): void {
  const handle = openSync(file, 'w');
  try {
    for (let size = 1 << 20; size >= 1; size >>= 1) while (isWritten(handle, size));
  } finally {
    closeSync(handle);
  }
}

function isWritten(handle: number, size: number): boolean {
  try {
    return writeSync(handle, Buffer.alloc(size)) > 0;
  } catch {
    return false;
  }
}

async function checkAnswers({ installation: { shop }, broken }: Stage): Promise<void> {
  const answered = shop.book.filter(({ outcome }) => outcome === 'unknown').map(({ why }) => why ?? '');
  if (answered.length === 0) broken('No purchase failed because of the full disk.');
  const other = answered.find((why) => why !== '' && !(why.startsWith('503') && why.includes(':disk-full')));
  if (other) broken(`A purchase was answered ${other} while the disk was full.`);
}
