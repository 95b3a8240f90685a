import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteConnection from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';
import { buy, dumpOf, made, missing, settle } from './conformance/fixture.ts';
import { broken } from './conformance/invariants.ts';
import { run, start } from './process.ts';

let folder = '';
let databaseUrl = '';
let writers: ReturnType<typeof start>[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-backup-'));
  databaseUrl = `file:${join(folder, 'live.db')}`;
  await (await openDatabase(databaseUrl)).close();
});
afterEach(() => {
  // A test that timed out leaves them running.
  for (const writer of writers.splice(0)) writer.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const backup = (...args: string[]) => run('src/backup.ts', { databaseUrl, cwd: folder, args });

describe('npm run backup', () => {
  test('makes a consistent copy that needs no migration while other processes write', async () => {
    await fill(databaseUrl, 60);
    writers = [0, 1].map(() => start('test/db/buying-opener.ts', { databaseUrl }));
    await Promise.all(writers.map(({ stdout }) => new Promise((resolve) => stdout.once('data', resolve))));
    const before = countOf('live.db');
    for (const name of ['one.db', 'two.db']) {
      const ended = await backup(name);
      expect(ended).toMatchObject({
        code: 0,
        err: '',
        out: expect.stringMatching(/^Backed up .* to .*\.db \(\S+ [kM]B, checked\)\.\n$/),
      });
    }
    await vi.waitFor(() => expect(countOf('live.db')).toBeGreaterThan(countOf('two.db')), 20_000);
    expect(countOf('two.db')).toBeGreaterThan(countOf('one.db'));
    expect(countOf('one.db')).toBeGreaterThanOrEqual(before);
    const copyUrl = `file:${join(folder, 'two.db')}`;
    const migrated = await run('src/migrate.ts', { databaseUrl: copyUrl });
    expect(migrated).toMatchObject({ code: 0, out: expect.stringMatching(/^Nothing to do/) });
    const copy = await openDatabase(copyUrl);
    const dump = await dumpOf(copy);
    await copy.close();
    expect(broken(dump)).toEqual([]);
    expect(dump.purchases.length).toBe(dump.servers.length);
    expect(dump.answers.length).toBe(dump.servers.length - 60);
  });

  test('leaves one file, named after the time and in data/backups, if no name is given', async () => {
    expect(await backup()).toMatchObject({ code: 0 });
    const files = readdirSync(join(folder, 'data', 'backups'));
    expect(files).toEqual([expect.stringMatching(/^ghostifi-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z\.db$/)]);
    // Bytes 18 and 19 are 1 without WAL mode. Such a file can be read from a read-only folder.
    expect(readFileSync(join(folder, 'data', 'backups', files[0] ?? '')).subarray(18, 20)).toEqual(Buffer.from([1, 1]));
  });

  test('makes the copy and its folder readable by their owner alone', async () => {
    expect(await backup(join('new', 'a.db'))).toMatchObject({ code: 0 });
    const modes = ['new', 'new/a.db'].map((name) => (statSync(join(folder, name)).mode & 0o777).toString(8));
    expect(modes).toEqual(['700', '600']);
  });

  test('never overwrites a file', async () => {
    writeFileSync(join(folder, 'mine.db'), 'precious');
    expect(await backup('mine.db')).toMatchObject({
      code: 1,
      out: '',
      err: 'mine.db exists, and a backup never overwrites a file. Give another name.\n',
    });
    expect(readFileSync(join(folder, 'mine.db'), 'utf8')).toBe('precious');
  });

  test('run twice at once for one name makes one backup', async () => {
    const both = await Promise.all([backup('same.db'), backup('same.db')]);
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect(partials()).toEqual([]);
  });

  test('fails and leaves nothing behind if the database is missing, half missing or broken', async () => {
    const live = join(folder, 'live.db');
    truncateSync(live, 8_192);
    expect(await backup('a.db')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/not a usable SQLite database/),
    });
    rmSync(live);
    expect(await backup('a.db')).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/cannot be opened/) });
    writeFileSync(`${live}-wal`, '');
    expect(await backup('a.db')).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/-wal exists without/) });
    expect(readdirSync(folder)).toEqual(['live.db-wal']);
  });

  test('finds a broken page that the service has not read yet', async () => {
    await fill(databaseUrl, 20);
    const live = join(folder, 'live.db');
    const bytes = readFileSync(live);
    bytes.fill(0xff, bytes.length - 4_096);
    writeFileSync(live, bytes);
    expect(await backup('a.db')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/damaged|not a usable|failed/),
    });
    expect(partials()).toEqual([]);
  });

  test('applies no migration: a copy made before an upgrade has the old version', async () => {
    const old = new SqliteConnection(join(folder, 'old.db'));
    old.exec('CREATE TABLE servers (id TEXT)').close();
    const ended = await run('src/backup.ts', {
      databaseUrl: `file:${join(folder, 'old.db')}`,
      cwd: folder,
      args: ['c.db'],
    });
    expect(ended).toMatchObject({ code: 0 });
    const copy = new SqliteConnection(join(folder, 'c.db'), { readonly: true });
    expect(copy.prepare('SELECT name FROM sqlite_master').pluck().all()).toEqual(['servers']);
    copy.close();
  });

  test('fails with the reason if it cannot write', async () => {
    chmodSync(folder, 0o555);
    const ended = await run('src/backup.ts', { databaseUrl, cwd: folder, args: ['no/a.db'], unprivileged: true });
    chmodSync(folder, 0o755);
    expect(ended).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^The backup to no\/a\.db failed: EACCES.*\n$/),
    });
  });

  test.each([
    [['a.db', 'b.db'], undefined, /^Unexpected argument 'b\.db'\.\nUsage: npm run backup/],
    [['--force'], undefined, /^Unknown option '--force'\.\nUsage: npm run backup/],
    [['a.db'], 'postgres://gf:hunter2@db/x', /^This command copies SQLite .* pg_dump --format=custom/],
    [['a.db'], 'mysql://gf:hunter2@db/x', /^The configuration is not usable:\n {2}- DATABASE_URL must be/],
  ])('given %j on %s fails and says what to give instead', async (args, url, message) => {
    const ended = await run('src/backup.ts', { databaseUrl: url ?? databaseUrl, cwd: folder, args });
    expect(ended).toMatchObject({ code: 1, out: '', err: expect.stringMatching(message) });
    expect(ended.err).not.toContain('hunter2');
  });
});

async function fill(url: string, servers: number): Promise<void> {
  const database = await openDatabase(url);
  const store = createStore(database);
  for (let n = 0; n < servers; n++) await settle(store, (await buy(store)).job.id, made);
  await database.close();
}

function countOf(name: string): number {
  const connection = new SqliteConnection(join(folder, name), { readonly: true });
  const [count] = connection.prepare<[], number>('SELECT count(*) FROM servers').pluck().all();
  connection.close();
  return count ?? missing('count');
}

function partials(): string[] {
  return readdirSync(folder).filter((name) => name.includes('partial'));
}
