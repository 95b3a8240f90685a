import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '#db/open.ts';
import { dumpOf } from '../../db/conformance/fixture.ts';
import { type Dialect, postgresDialect, sqliteDialect } from '../../db/dialects.ts';
import { upTo } from '../../db/older.ts';
import { whyNoPostgres } from '../../postgres.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { killingAt, whyNoStrace } from '../tracer.ts';

const migrate = fileURLToPath(new URL('../../../src/migrate.ts', import.meta.url));
/**
 * The system calls of the migrations' writes, and their number: until the close of the SQLite file, or Postgres's COMMIT.
 */
const writes = {
  sqlite: { calls: 'pwrite64', most: 1_150 },
  postgres: { calls: 'write,writev', most: 42 },
} as const;
const aim = 'killed while it migrated';
const rows = 2_000;

/** Kills a migration at one of its writes to the file or the server, and runs it again. */
export const killedMigrations: readonly Scenario[] = [
  {
    id: 'kill-migration-sqlite',
    about: `kill -9 of npm run migrate at one of its writes to an SQLite file of an older version, with ${rows} servers; the next run completes it`,
    runs: { full: 20, quick: 1 },
    aim,
    skipReason: whyNoStrace,
    run: (stage) => killAndRepeat(stage, sqliteDialect()),
  },
  {
    id: 'kill-migration-postgres',
    about: `kill -9 of npm run migrate at one of its writes to a Postgres database of an older version, with ${rows} servers; the next run completes it`,
    runs: { full: 10, quick: 0 },
    aim,
    skipReason: () => whyNoPostgres() ?? whyNoStrace(),
    run: (stage) => killAndRepeat(stage, postgresDialect()),
  },
];

async function killAndRepeat(stage: Stage, dialect: Dialect): Promise<void> {
  await dialect.start();
  try {
    const url = await dialect.emptyDatabase();
    await fillOlder(dialect, url);
    await killOnce(stage, dialect, url);
    await assertWhole(stage, url);
  } finally {
    await dialect.stop();
  }
}

/** Makes the database of the version before events, whose migrations rewrite every row. */
async function fillOlder(dialect: Dialect, url: string): Promise<void> {
  const execute = (sql: string) => dialect.execute(url, sql);
  if (dialect.name === 'sqlite') await execute('PRAGMA journal_mode = WAL');
  await execute(upTo('0010', dialect));
  const at = dialect.name === 'sqlite' ? '0' : 'now()';
  const numbers = `WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${rows})`;
  await execute(
    `${numbers} INSERT INTO purchases (id, customer, location, plan, requested_by, created_at)
     SELECT 'pur-' || n, 'old', 'fra', 'small', 'old', ${at} FROM numbers`,
  );
  await execute(
    `${numbers} INSERT INTO servers (id, purchase_id, customer, hostname, provider, location, plan, status, generation,
       last_position, created_at, updated_at)
     SELECT 'srv-' || n, 'pur-' || n, 'old', 'srv-' || n || '.vpn', 'simulator', 'fra', 'small', 'destroyed', 1, 1, ${at},
       ${at} FROM numbers`,
  );
}

async function killOnce({ random, broken, note }: Stage, { name }: Dialect, url: string): Promise<void> {
  const { calls, most } = writes[name];
  const when = random.between(1, most);
  const first = await run(url, killingAt(calls, when));
  if (first !== 0 && first !== 'SIGKILL') broken(`The migration exited with ${first} before it was killed.`);
  note(first === 0 ? 'the migration ended before the kill' : aim);
  const second = await run(url);
  if (second !== 0) broken(`After a kill at write ${when} the next migration exited with ${second}.`);
}

async function assertWhole({ broken }: Stage, url: string): Promise<void> {
  const database = await openDatabase(url);
  try {
    if (database.migrated.length > 0)
      broken(`After the second migration, ${database.migrated.join(', ')} was still to be applied.`);
    const { purchases, servers } = await dumpOf(database);
    if (purchases.length !== rows || servers.length !== rows)
      broken(`Of ${rows} purchases and ${rows} servers, ${purchases.length} and ${servers.length} are left.`);
  } finally {
    await database.close();
  }
}

/** The exit code of the migration, or the signal that ended it. strace ends itself with the signal that it injected. */
async function run(url: string, wrapper: readonly string[] = []): Promise<unknown> {
  const [command, ...rest] = [...wrapper, process.execPath, migrate];
  const env = { PATH: process.env.PATH ?? '', DATABASE_URL: url };
  const [code, signal] = await once(spawn(command ?? '', rest, { stdio: 'ignore', env }), 'exit');
  return code ?? signal;
}
