import { existsSync, renameSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { backUpSqlite } from '#db/backup.ts';
import { databaseFileOf } from '../database.ts';
import { allRun, buyMany } from '../load.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { sendEvents, subscribe, untilServed } from '../subscribers.ts';
import { until } from '../wait.ts';
import { alertsOf, loggedAlerts } from './alerts.ts';
import { allExist, twoInventoryPassesMs } from './kept-machines.ts';
import { nameOf, serverOf } from './life.ts';

const dayMs = 24 * 3_600_000;

const yesterday: Scenario = {
  id: 'yesterdays-database',
  about:
    "the service starts with yesterday's database: since then 3 servers were bought, one rebuilt, one destroyed, and one was being made; then the rebuilt one is taken over",
  runs: { full: 1, quick: 0 },
  run: async (stage) => {
    const { installation } = stage;
    const { shop, cloud } = installation;
    const old = await buyMany(stage.installation, 6);
    await allRun(stage, old);
    await cloud.addFaultRule({ kind: 'boot', ms: 8_000 });
    const beingMade = serverOf(await shop.buy());
    await until('the seventh machine', async () => (await cloud.machines()).length === 7);
    const backup = `${installation.folder}/yesterday.db`;
    await backUpSqlite(databaseFileOf(installation), backup);
    setBackADay(backup);
    const [rebuilt = '', destroyed = ''] = old;
    await shop.rebuild(rebuilt);
    await shop.destroy(destroyed);
    await allRun(stage, [...(await buyMany(stage.installation, 3)), beingMade, rebuilt]);
    await shop.until(destroyed, 'destroyed');
    await until('the retire', async () => (await cloud.machines()).length === 9);
    await withDatabase(stage, backup, async () => {
      await shop.until(beingMade, 'running');
      await until('four unknown machines', async () => (await alertsOf(installation, 'unknown-machine')) === 4, 90_000);
      await until('two missing machines', async () => (await alertsOf(installation, 'machine-missing')) === 2, 90_000);
      await assertRaisedOnce(stage, 'unknown-machine', 4);
      await assertRaisedOnce(stage, 'machine-missing', 2);
      await takeOver(stage, rebuilt);
    });
  },
};

const empty: Scenario = {
  id: 'empty-database',
  about: 'the service starts with an empty database while its 6 machines run',
  runs: { full: 1, quick: 0 },
  run: async (stage) => {
    await allRun(stage, await buyMany(stage.installation, 6));
    await withDatabase(stage, null, async () => {
      await until(
        'six unknown machines',
        async () => (await alertsOf(stage.installation, 'unknown-machine')) === 6,
        90_000,
      );
      await assertRaisedOnce(stage, 'unknown-machine', 6);
    });
  },
};

const paidSince: Scenario = {
  id: 'yesterdays-payments',
  about:
    "the service starts with yesterday's database: since then 3 customers have subscribed at Stripe; nothing is bought for them again",
  runs: { full: 1, quick: 0 },
  setting: { payments: true, workerEnv: { STRIPE_POLL_SECONDS: '2' } },
  run: async (stage) => {
    const { installation } = stage;
    const subscribeMany = async (count: number) => {
      const references = await Promise.all(Array.from({ length: count }, () => subscribe(installation)));
      await Promise.all(references.map((reference) => untilServed(installation, reference)));
    };
    await sendEvents(installation);
    await subscribeMany(2);
    const backup = `${installation.folder}/yesterday.db`;
    await backUpSqlite(databaseFileOf(installation), backup);
    await subscribeMany(3);
    await withDatabase(stage, backup, async () => {
      await until('three held payments', async () => (await alertsOf(installation, 'payment-held')) === 3, 90_000);
      await until(
        'three unknown machines',
        async () => (await alertsOf(installation, 'unknown-machine')) === 3,
        90_000,
      );
      const machines = (await installation.cloud.everMade()).length;
      if (machines !== 5) stage.broken(`The cloud has made ${machines} machines for 5 subscriptions.`);
    });
  },
};

/** Follows the runbook: the unknown machine that a server needs must not be removable, and a rebuild takes it over. */
async function takeOver({ installation, broken }: Stage, serverId: string): Promise<void> {
  const { shop, cloud } = installation;
  const name = nameOf(serverId, { generation: 2 });
  const needed = (await cloud.machines()).find(({ label }) => label === name);
  const { status } = await shop.post(`/v1/machines/${needed?.id}/remove`, { name });
  if (status !== 409) broken(`The removal of ${name} was answered ${status}.`);
  await shop.post(`/v1/servers/${serverId}/rebuild`, { location: 'ams' });
  await until('the takeover of the machine', async () => {
    const server = await shop.server(serverId);
    return server?.generation === 2 && server.status === 'running';
  });
  await until('three unknown machines', async () => (await alertsOf(installation, 'unknown-machine')) === 3, 90_000);
}

export const restored: readonly Scenario[] = [yesterday, empty, paidSince];

/**
 * Restarts the service with another database, or none (null), for `meanwhile`. Then restarts it with the former one.
 */
async function withDatabase(stage: Stage, other: string | null, meanwhile: () => Promise<void>): Promise<void> {
  const { installation } = stage;
  const { api, workers, cloud } = installation;
  const [file, kept] = [databaseFileOf(installation), `${installation.folder}/today.db`];
  const paid = await cloud.machines();
  const swap = async (change: () => void) => {
    await Promise.all([api, ...workers].map((process) => process.stop()));
    change();
    await Promise.all([api, ...workers].map((process) => process.start()));
  };
  await swap(() => {
    moveDatabase(file, kept);
    if (other) renameSync(other, file);
  });
  await meanwhile();
  await delay(twoInventoryPassesMs);
  if (!(await allExist(installation, paid))) stage.broken('A machine that a customer pays for was removed.');
  await swap(() => {
    for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
    moveDatabase(kept, file);
  });
}

function moveDatabase(from: string, to: string): void {
  for (const end of ['', '-wal', '-shm']) if (existsSync(`${from}${end}`)) renameSync(`${from}${end}`, `${to}${end}`);
}

/** Sets all times in the copy back by a day. */
function setBackADay(file: string): void {
  const database = new Database(file);
  database.exec(`update jobs set created_at = created_at - ${dayMs}, released_at = released_at - ${dayMs}`);
  database.exec(`update servers set created_at = created_at - ${dayMs}, updated_at = updated_at - ${dayMs}`);
  database.exec(`update machines set created_at = created_at - ${dayMs}`);
  database.close();
}

async function assertRaisedOnce({ installation, broken }: Stage, kind: string, subjects: number): Promise<void> {
  await until(
    `the log lines of ${subjects} alerts ${kind}`,
    async () => loggedAlerts(installation, kind).size === subjects,
  );
  const logged = loggedAlerts(installation, kind);
  for (const [id, { raised }] of logged) if (raised > 1) broken(`Alert ${id} was raised ${raised} times.`);
}
