import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import SqliteConnection from 'better-sqlite3';
import { Queue, Worker } from 'bullmq';
import express from 'express';
import { Redis } from 'ioredis';
import { z } from 'zod';
import { eq, loadSqliteDriver, sqliteCore } from '#db/orm.ts';
import { watchLoop } from '../loop-block.ts';

/**
 * The service as one would write it by hand with Express, Drizzle and BullMQ: two tables, one queue, one update at the
 * end. docs/performance.md lists what it leaves out. `by-hand.ts api|worker <file> <redis> <concurrency> <workMs>`
 */
const [role = '', file = '', redisUrl = '', concurrency = '1', workMs = '0'] = process.argv.slice(2);

const { sqliteTable, text, integer } = sqliteCore;
const purchases = sqliteTable('purchases', {
  id: text('id').primaryKey(),
  customer: text('customer').notNull(),
  location: text('location').notNull(),
  createdAt: integer('created_at').notNull(),
});
const servers = sqliteTable('servers', {
  id: text('id').primaryKey(),
  purchaseId: text('purchase_id').notNull(),
  location: text('location').notNull(),
  status: text('status').notNull(),
  machineId: text('machine_id'),
  ipv4: text('ipv4'),
});

const connection = new SqliteConnection(file, { timeout: 5_000 });
connection.pragma('journal_mode = WAL');
connection.pragma('synchronous = NORMAL');
connection.exec(`
  CREATE TABLE IF NOT EXISTS purchases (
    id TEXT PRIMARY KEY, customer TEXT NOT NULL, location TEXT NOT NULL, created_at INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS servers (
    id TEXT PRIMARY KEY, purchase_id TEXT NOT NULL, location TEXT NOT NULL, status TEXT NOT NULL, machine_id TEXT,
    ipv4 TEXT);
  CREATE INDEX IF NOT EXISTS servers_by_status ON servers (status);`);
const db = loadSqliteDriver().drizzle(connection);
const redis = new Redis(redisUrl, { maxRetriesPerRequest: null });

const order = z.object({ customer: z.string().min(1), location: z.string().min(1) });

async function record(queue: Queue, { customer, location }: z.output<typeof order>) {
  const [purchaseId, serverId] = [randomUUID(), randomUUID()];
  db.transaction(
    (tx) => {
      tx.insert(purchases).values({ id: purchaseId, customer, location, createdAt: Date.now() }).run();
      tx.insert(servers).values({ id: serverId, purchaseId, location, status: 'installing' }).run();
    },
    { behavior: 'immediate' },
  );
  const options = { jobId: `create-${serverId}`, attempts: 10, removeOnComplete: 1_000, removeOnFail: 5_000 };
  await queue.add('create', { serverId }, options);
  return { purchaseId, serverId };
}

async function serve(): Promise<void> {
  const queue = new Queue('by-hand', { connection: redis });
  const app = express();
  app.use(express.json());
  app.post('/purchases', async (request, response) => {
    const parsed = order.safeParse(request.body);
    if (!parsed.success) return void response.status(400).json({ error: parsed.error.message });
    response.status(202).json(await record(queue, parsed.data));
  });
  const server = app.listen(0, '127.0.0.1', () => {
    const address = server.address();
    print({ event: 'listening', port: typeof address === 'object' ? address?.port : null });
  });
}

/** Records this many purchases, all of them in the queue. */
async function fill(count: number): Promise<void> {
  const queue = new Queue('by-hand', { connection: redis });
  for (let left = count; left > 0; left -= 100)
    await Promise.all(
      Array.from({ length: Math.min(left, 100) }, (_, at) => record(queue, { customer: `c-${at}`, location: 'ewr' })),
    );
  print({ event: 'filled' });
  process.exit(0);
}

const loop = watchLoop();
const orders = new Map<string, number>();
const firstCalls: [string, number][] = [];

async function work(): Promise<void> {
  const worker = new Worker(
    'by-hand',
    async ({ data: { serverId } }) => {
      const [server] = await db.select().from(servers).where(eq(servers.id, serverId));
      if (!server || server.status === 'running') return;
      const machine = await orderMachine(server.id);
      await db
        .update(servers)
        .set({ ...machine, status: 'running' })
        .where(eq(servers.id, server.id));
    },
    { connection: redis, concurrency: Number(concurrency) },
  );
  await worker.waitUntilReady();
  loop.reset();
  print({ event: 'engine-ready' });
}

async function orderMachine(serverId: string): Promise<{ machineId: string; ipv4: string }> {
  firstCalls.push([serverId, performance.timeOrigin + performance.now()]);
  orders.set(serverId, (orders.get(serverId) ?? 0) + 1);
  if (Number(workMs) > 0) await delay(Number(workMs));
  return { machineId: `vps-${orders.size}`, ipv4: '192.0.2.1' };
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

process.once('SIGTERM', () => {
  const doubled = [...orders.values()].reduce((sum, count) => sum + count - 1, 0);
  const blocks = { blockMs: loop.longestMs(), blockCpuMs: loop.longestCpuMs() };
  print({ event: 'engine-report', ordered: orders.size, doubled, ...blocks, calls: {}, firstCalls });
  process.exit(0);
});

if (role === 'api') await serve();
if (role === 'worker') await work();
if (role === 'fill') await fill(Number(concurrency));
