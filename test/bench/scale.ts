import SqliteConnection from 'better-sqlite3';
import { newId } from '#db/ids.ts';
import type { Purchased } from '#db/transactions/purchase.ts';
import type { QueueConnection } from '#queues/bullmq/connection.ts';
import { until } from '../chaos/wait.ts';
import type { Rig } from './rig.ts';
import { openShop } from './seed.ts';

/** Texts of the first purchase, with what a copy has instead. */
type Replacements = readonly (readonly [from: string, to: string])[];

const jobsAtOnce = 2_000;

/**
 * Records this many purchases whose jobs wait in Redis, in seconds instead of minutes: buys one through the producer,
 * and copies its rows and its job with new ids. Works for whatever columns a row has. SQLite only.
 */
export async function seedInBulk(rig: Rig, count: number): Promise<void> {
  const shop = await openShop(rig);
  try {
    const first = await shop.buy();
    await until('the first job in Redis', async () => (await shop.connection.queue.getWaitingCount()) === 1);
    const file = rig.databaseUrl.slice('file:'.length);
    const events = eventsIn(file);
    const copies = Array.from({ length: count - 1 }, () => replacementsFor(first, events));
    copyRows(file, copies);
    await copyJobs(shop.connection, first.job.id, copies);
  } finally {
    await shop.close();
  }
}

let copied = 0;

/** The uids of the events of the first purchase. */
function eventsIn(file: string): readonly string[] {
  const connection = new SqliteConnection(file, { readonly: true });
  const uids = connection.prepare<[], string>('SELECT uid FROM events').pluck().all();
  connection.close();
  return uids;
}

function replacementsFor({ purchase, server, job }: Purchased, events: readonly string[]): Replacements {
  copied += 1;
  const number = String(copied).padStart(9, '0');
  // The date keeps the order of ids that purchases would have.
  const now = new Date(job.createdAt.getTime() + Math.floor(copied / 1_000));
  return [
    [purchase.id, newId('pur', now)],
    [server.id, newId('srv', now)],
    [job.id, newId('job', now)],
    [job.machineId ?? 'no machine', newId('mac', now)],
    [purchase.customer, `copy-${number}`],
    ...events.map((uid) => [uid, newId('evt', now)] as const),
    ...(job.requestId === null ? [] : [[job.requestId, `copy-request-${number}`] as const]),
  ];
}

type Row = Readonly<Record<string, unknown>>;

function copyRows(file: string, copies: readonly Replacements[]): void {
  const connection = new SqliteConnection(file);
  connection.pragma('synchronous = OFF');
  connection.pragma('foreign_keys = OFF');
  const [texts = []] = copies;
  const tables = connection.prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all();
  const write = connection.transaction(() => {
    for (const table of tables) copyTable(connection, { table, texts, copies });
  });
  write();
  connection.pragma('wal_checkpoint(TRUNCATE)');
  connection.close();
}

interface TableCopy {
  readonly table: string;
  /** Any of the copies; its first halves are the texts of the first purchase. */
  readonly texts: Replacements;
  readonly copies: readonly Replacements[];
}

function copyTable(connection: SqliteConnection.Database, { table, texts, copies }: TableCopy): void {
  const all = connection.prepare<[], Row>(`SELECT * FROM "${table}"`).all();
  // Answers are found by a key of the caller, which a copy does not have.
  const rows = table === 'answers' ? [] : all.filter((row) => texts.some(([from]) => mentions(row, from)));
  for (const row of rows) {
    // A serial number is drawn again.
    const columns = Object.keys(row).filter((name) => !(name === 'id' && typeof row[name] === 'number'));
    const names = columns.map((name) => `"${name}"`).join(', ');
    const insert = connection.prepare(
      `INSERT INTO "${table}" (${names}) VALUES (${columns.map(() => '?').join(', ')})`,
    );
    for (const copy of copies) insert.run(columns.map((name) => replaced(row[name], copy)));
  }
}

function mentions(row: Row, text: string): boolean {
  return Object.values(row).some((value) => typeof value === 'string' && value.includes(text));
}

function replaced<T>(value: T, copy: Replacements): T | string {
  if (typeof value !== 'string') return value;
  return copy.reduce<string>((text, [from, to]) => text.replaceAll(from, to), value);
}

async function copyJobs(
  { queue, redis }: QueueConnection,
  jobId: string,
  copies: readonly Replacements[],
): Promise<void> {
  const job = await redis.hgetall(queue.toKey(jobId));
  for (let at = 0; at < copies.length; at += jobsAtOnce) {
    const pipeline = redis.pipeline();
    for (const copy of copies.slice(at, at + jobsAtOnce)) {
      const id = replaced(jobId, copy);
      const fields = Object.fromEntries(Object.entries(job).map(([name, value]) => [name, replaced(value, copy)]));
      pipeline.hset(queue.toKey(id), fields).lpush(queue.toKey('wait'), id);
    }
    await pipeline.exec();
  }
}
