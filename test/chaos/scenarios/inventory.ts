import { existsSync, renameSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { backUpSqlite } from '#db/backup.ts';
import type { Installation } from '../installation.ts';
import type { Scenario, Stage } from '../scenario.ts';
import type { SimulatedMachine } from '../simulated-cloud.ts';
import { until } from '../wait.ts';
import { serverOf } from './life.ts';
import { alertGauge, assertOver, buyMany, loggedAlerts, untilAlert, untilAllRun, untilCleared } from './many.ts';

/** Two passes of the inventory and more. */
const longEnoughMs = 50_000;
const dayMs = 24 * 3_600_000;

const yesterday: Scenario = {
  id: 'yesterdays-database',
  about:
    "started with yesterday's database: 3 were bought since, one was rebuilt, one destroyed, one was just being made",
  runs: { full: 1, quick: 0 },
  run: async (stage) => {
    const { installation } = stage;
    const { shop, cloud } = installation;
    const old = await buyMany(stage, 6);
    await untilAllRun(stage, old);
    await cloud.spoil({ kind: 'boot', ms: 8_000 });
    const beingMade = serverOf(await shop.buy());
    await until('Its machine', async () => (await cloud.machines()).length === 7);
    const backup = `${installation.folder}/yesterday.db`;
    await backUpSqlite(fileOf(installation), backup);
    age(backup);
    const [rebuilt = '', destroyed = ''] = old;
    await shop.rebuild(rebuilt);
    await shop.destroy(destroyed);
    await untilAllRun(stage, [...(await buyMany(stage, 3)), beingMade, rebuilt]);
    await shop.until(destroyed, 'destroyed');
    await until('The retire', async () => (await cloud.machines()).length === 9);
    await withDatabase(stage, backup, async () => {
      await shop.until(beingMade, 'running');
      await until('Four unknown', async () => (await kindsOf(installation)).unknown === 4, 90_000);
      await until('Two missing', async () => (await kindsOf(installation)).missing === 2, 90_000);
      await assertRaisedOnce(stage, 'unknown-machine', 4);
      await assertRaisedOnce(stage, 'machine-missing', 2);
    });
  },
};

const empty: Scenario = {
  id: 'empty-database',
  about: 'started with an empty database beside 6 machines that serve',
  runs: { full: 1, quick: 0 },
  run: async (stage) => {
    await untilAllRun(stage, await buyMany(stage, 6));
    await withDatabase(stage, null, async () => {
      await until('Six unknown', async () => (await kindsOf(stage.installation)).unknown === 6, 90_000);
      await assertRaisedOnce(stage, 'unknown-machine', 6);
    });
  },
};

const otherInstallation: Scenario = {
  id: 'other-installation',
  about: 'workers started with the INSTALLATION of another, a destroy and a rebuild asked for meanwhile',
  runs: { full: 1, quick: 0 },
  run: async (stage) => {
    const { shop, workers } = stage.installation;
    const [destroyed = '', ...rest] = await buyMany(stage, 6);
    await untilAllRun(stage, [destroyed, ...rest]);
    await unharmed(stage, rest, async () => {
      for (const worker of workers) await worker.stop();
      for (const worker of workers) await worker.start({ INSTALLATION: 'another' });
      await untilAlert(stage.installation, 'configuration');
      await shop.destroy(destroyed);
      await delay(longEnoughMs);
      if ((await shop.server(destroyed))?.status === 'destroyed')
        stage.broken('A machine out of reach was called gone.');
      for (const worker of workers) await worker.stop();
      for (const worker of workers) await worker.start({ INSTALLATION: 'chaos' });
    });
    await untilCleared(stage.installation, 'configuration');
    await assertOver(stage, 'configuration');
    await shop.until(destroyed, 'destroyed');
  },
};

const otherAccount: Scenario = {
  id: 'other-account',
  about: "started with another account's key, a destroy asked for meanwhile",
  runs: { full: 1, quick: 0 },
  run: async (stage) => {
    const { shop, cloud } = stage.installation;
    const [destroyed = '', ...rest] = await buyMany(stage, 6);
    await untilAllRun(stage, [destroyed, ...rest]);
    const answer = { kind: 'status', status: 200, times: null };
    const nothing = { instances: [], meta: { total: 0, links: { next: '', prev: '' } } };
    await unharmed(stage, rest, async () => {
      const account = { name: 'Somebody Else', email: 'else@example.com' };
      await cloud.spoil({ ...answer, operation: 'account', body: { account } });
      await cloud.spoil({ ...answer, operation: 'list', body: nothing });
      await cloud.spoil({ kind: 'status', status: 404, operation: 'get', times: null });
      await untilAlert(stage.installation, 'configuration');
      await shop.destroy(destroyed);
      await delay(longEnoughMs);
      if ((await shop.server(destroyed))?.status === 'destroyed')
        stage.broken('A machine out of reach was called gone.');
      await cloud.clearFaults();
    });
    await untilCleared(stage.installation, 'configuration');
    await assertOver(stage, 'configuration');
    await shop.until(destroyed, 'destroyed');
  },
};

const shared: Scenario = {
  id: 'shared-account',
  about:
    'staging in the same account, and another one with our very name; then an operator removes one machine by its name',
  runs: { full: 1, quick: 0 },
  run: async (stage) => {
    const { installation } = stage;
    const { cloud, shop } = installation;
    await untilAllRun(stage, await buyMany(stage, 4));
    const staging = await cloud.plant(strangers('staging', 4));
    const namesakes = await cloud.plant(strangers('chaos', 3));
    await until('Three unknown', async () => (await kindsOf(installation)).unknown === 3, 90_000);
    if ((await alertGauge(installation, 'unknown-machine')) !== 3) stage.broken('Its metric is not 3.');
    await delay(longEnoughMs);
    const [named, misnamed, unnamed] = namesakes;
    if (!named || !misnamed || !unnamed) throw new Error('They were not planted.');
    await shop.removeMachine(named.id, named.label);
    await shop.removeMachine(misnamed.id, named.label);
    await until('Its removal', async () => !(await lives(installation, [named])), 60_000);
    await delay(longEnoughMs);
    if (!(await lives(installation, [...staging, misnamed, unnamed]))) stage.broken('A machine of others was removed.');
    for (const machine of [...staging, misnamed, unnamed]) await cloud.vanish(machine);
    await untilCleared(installation, 'unknown-machine');
    await assertOver(stage, 'unknown-machine');
  },
};

const listingFails: Scenario = {
  id: 'listing-fails',
  about: 'for a minute the listing is refused, is no JSON, ends in the middle, or lacks most machines',
  runs: { full: 1, quick: 0 },
  run: async (stage) => {
    const { cloud } = stage.installation;
    const ids = await buyMany(stage, 6);
    await untilAllRun(stage, ids);
    const [one] = await cloud.machines();
    const body = { instances: [], meta: { total: 6, links: { next: '', prev: '' } } };
    const fault = { operation: 'list', times: null };
    await unharmed(stage, ids, async () => {
      await cloud.spoil({ ...fault, kind: 'status', status: 503, share: 0.25 });
      await cloud.spoil({ ...fault, kind: 'garbage', share: 0.3 });
      await cloud.spoil({ ...fault, kind: 'half-body', share: 0.5 });
      await cloud.spoil({ ...fault, kind: 'status', status: 200, body, when: 'after' });
      await untilAlert(stage.installation, 'provider');
      await delay(longEnoughMs);
      await cloud.clearFaults();
    });
    await untilCleared(stage.installation, 'provider');
    await assertOver(stage, 'provider');
    stage.note(one ? 'no machine lost' : '');
  },
};

const orphans: Scenario = {
  id: 'orphans',
  about: 'machines that may be removed alone: come late for a destroyed server, or a double of the one that serves',
  runs: { full: 1, quick: 0 },
  promise: { worstSeconds: 120, mayDoubleForSeconds: true },
  run: async (stage) => {
    const { cloud, shop } = stage.installation;
    const [destroyed = '', ...rest] = await buyMany(stage, 5);
    await untilAllRun(stage, [destroyed, ...rest]);
    await shop.destroy(destroyed);
    await shop.until(destroyed, 'destroyed');
    const named = [destroyed, destroyed, destroyed, ...rest, ...rest];
    const plantedAt = Date.now();
    const planted = await cloud.plant(named.map((id) => machineOf(id)));
    for (const machine of planted) {
      await until('Its removal', async () => !(await lives(stage.installation, [machine])), 180_000);
      stage.recovered(Date.now() - plantedAt);
    }
    if ((await cloud.machines()).length !== rest.length) stage.broken('Others than the orphans were removed.');
  },
};

function machineOf(serverId: string) {
  return { label: `gf-${serverId}-1`, tags: ['ghostifi:chaos', `ghostifi:chaos:${serverId}`] };
}

function strangers(installation: string, count: number) {
  return Array.from({ length: count }, (_, at) => ({
    label: `gf-theirs${installation}${at}-1`,
    tags: [`ghostifi:${installation}`, `ghostifi:${installation}:theirs${installation}${at}`],
  }));
}

/** Goes on with another database (null: none) for a while, then with the one of before. */
async function withDatabase(stage: Stage, other: string | null, meanwhile: () => Promise<void>): Promise<void> {
  const { installation } = stage;
  const { api, workers, cloud } = installation;
  const [file, kept] = [fileOf(installation), `${installation.folder}/today.db`];
  const paid = await cloud.machines();
  const swap = async (change: () => void) => {
    await Promise.all([api, ...workers].map((part) => part.stop()));
    change();
    await Promise.all([api, ...workers].map((part) => part.start()));
  };
  await swap(() => {
    moveDatabase(file, kept);
    if (other) renameSync(other, file);
  });
  await meanwhile();
  await delay(longEnoughMs);
  if (!(await lives(installation, paid))) stage.broken('A machine that a customer pays for was removed.');
  await swap(() => {
    for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
    moveDatabase(kept, file);
  });
}

function moveDatabase(from: string, to: string): void {
  for (const end of ['', '-wal', '-shm']) if (existsSync(`${from}${end}`)) renameSync(`${from}${end}`, `${to}${end}`);
}

function fileOf({ databaseUrl }: Installation): string {
  return databaseUrl.slice('file:'.length);
}

/** As if the copy had been made a day ago. */
function age(file: string): void {
  const database = new Database(file);
  database.exec(`update jobs set created_at = created_at - ${dayMs}, released_at = released_at - ${dayMs}`);
  database.exec(`update servers set created_at = created_at - ${dayMs}, updated_at = updated_at - ${dayMs}`);
  database.exec(`update machines set created_at = created_at - ${dayMs}`);
  database.close();
}

/** The machines of these servers are there before and after. */
async function unharmed(stage: Stage, ids: readonly string[], meanwhile: () => Promise<void>): Promise<void> {
  const { installation } = stage;
  const machines = await installation.cloud.machines();
  const paid = machines.filter(({ label }) => ids.some((id) => label.startsWith(`gf-${id}-`)));
  await meanwhile();
  if (!(await lives(installation, paid))) stage.broken('A machine that a customer pays for was removed.');
}

async function lives({ cloud }: Installation, wanted: readonly SimulatedMachine[]): Promise<boolean> {
  const keys = new Set((await cloud.machines()).map(({ key }) => key));
  return wanted.every(({ key }) => keys.has(key));
}

async function kindsOf({ shop }: Installation) {
  const kinds = (await shop.alerts()).map(({ kind }) => kind);
  const count = (wanted: string) => kinds.filter((kind) => kind === wanted).length;
  return { unknown: count('unknown-machine'), missing: count('machine-missing') };
}

async function assertRaisedOnce({ installation, broken }: Stage, kind: string, subjects: number): Promise<void> {
  await until(`The log of ${subjects} ${kind}`, async () => loggedAlerts(installation, kind).size === subjects);
  const logged = loggedAlerts(installation, kind);
  for (const [id, { raised }] of logged) if (raised > 1) broken(`Alert ${id} was raised ${raised} times.`);
}

export const inventory: readonly Scenario[] = [
  ...[yesterday, empty, otherInstallation, otherAccount, shared, listingFails, orphans],
];
