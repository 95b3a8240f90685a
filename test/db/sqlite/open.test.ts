import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteConnection from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseUnusableError } from '#db/errors.ts';
import { openDatabase } from '#db/open.ts';
import { sql } from '#db/orm.ts';
import { ask } from '#db/steps.ts';
import { run } from '../process.ts';

const folder = mkdtempSync(join(tmpdir(), 'ghostifi-open-'));
afterAll(() => {
  chmodSync(join(folder, 'locked'), 0o755);
  rmSync(folder, { recursive: true, force: true });
});

describe('a SQLite database that is open', () => {
  test.each([
    ['journal_mode', 'wal'],
    ['synchronous', 1],
    ['wal_autocheckpoint', 0],
    ['secure_delete', 1],
    ['foreign_keys', 1],
    ['busy_timeout', 0],
  ])('has %s = %s', async (pragma, value) => {
    const database = await openDatabase(`file:${join(folder, 'pragmas.db')}`);
    const rows = await database.read('pragma', function* ({ db, t }) {
      yield* ask(db.select().from(t.leases));
      return db.all(sql.raw(`PRAGMA ${pragma}`));
    });
    expect(Object.values(Object(rows[0]))).toEqual([value]);
    await database.close();
  });

  test('refuses a row whose foreign key refers to no row', async () => {
    const database = await openDatabase(`file:${join(folder, 'pragmas.db')}`);
    const broken = database.transact(
      'break',
      function* ({ db, t }) {
        yield* ask(db.insert(t.vpnKeys).values({ serverId: 'srv-none', sealed: '' }));
      },
      { busyTimeoutMs: 0 },
    );
    await expect(broken).rejects.toThrow(/FOREIGN KEY/);
    await database.close();
  });

  test('was created with its missing parent folders', async () => {
    const file = join(folder, 'new', 'deep', 'made.db');
    await (await openDatabase(`file:${file}`)).close();
    expect(existsSync(file)).toBe(true);
  });

  test('is readable by this user alone, with the files beside it', async () => {
    const parent = join(folder, 'private');
    const database = await openDatabase(`file:${join(parent, 'made.db')}`);
    const modes = ['', 'made.db', 'made.db-wal', 'made.db-shm'].map((name) => modeOf(join(parent, name)));
    await database.close();
    expect(modes).toEqual(['700', '600', '600', '600']);
  });

  test('keeps its own mode and that of its folder', async () => {
    const parent = join(folder, 'shared');
    mkdirSync(parent);
    chmodSync(parent, 0o775);
    const file = await sound('shared/kept.db');
    chmodSync(file, 0o664);
    await (await openDatabase(`file:${file}`)).close();
    expect([modeOf(parent), modeOf(file)]).toEqual(['775', '664']);
  });
});

describe('a SQLite database is refused, with advice, if it', () => {
  test('has lost its file and kept its -wal', async () => {
    const file = join(folder, 'half.db');
    writeFileSync(`${file}-wal`, '');
    await refused(file, /half\.db-wal exists without .*half\.db: .* restore a backup/);
    expect(existsSync(file)).toBe(false);
  });

  test('is another kind of file', async () => {
    const file = join(folder, 'letter.db');
    writeFileSync(file, 'Dear customer, '.repeat(100));
    await refused(file, /letter\.db is not a usable SQLite database .* Restore a backup/);
    expect(readFileSync(file, 'utf8')).toMatch(/^Dear customer/);
  });

  test('was truncated', async () => {
    const file = await sound('cut.db');
    truncateSync(file, 8_192);
    await refused(file, /cut\.db is not a usable SQLite database \(SQLITE_CORRUPT\)/);
  });

  test('was overwritten in the middle', async () => {
    const file = await sound('garbled.db');
    const bytes = readFileSync(file);
    bytes.fill(0xff, 100, 4_096);
    writeFileSync(file, bytes);
    await refused(file, /garbled\.db is not a usable SQLite database/);
  });

  test('has rows whose foreign keys refer to no row', async () => {
    const file = await sound('dangling.db');
    const connection = new SqliteConnection(file);
    connection.pragma('foreign_keys = OFF');
    connection.exec("INSERT INTO vpn_keys VALUES ('srv-none', '')");
    connection.close();
    await refused(file, /1 rows whose foreign keys refer to no row\. Restore a backup/);
  });

  test('is a folder', () => refused(folder, /cannot be opened: .* Check DATABASE_URL/));

  describe('', () => {
    beforeAll(() => mkdirSync(join(folder, 'locked')));

    test('is read-only', async () => {
      const file = await sound('readonly.db');
      chmodSync(file, 0o444);
      const ended = await run('src/migrate.ts', { databaseUrl: `file:${file}`, unprivileged: true });
      expect(ended).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringMatching(/^.*readonly\.db is read-only .*\n$/),
      });
    });

    test('lies in a folder that is read-only', async () => {
      await sound('locked/inside.db');
      chmodSync(join(folder, 'locked'), 0o555);
      for (const name of ['inside', 'deeper/one']) {
        const databaseUrl = `file:${join(folder, 'locked', name)}.db`;
        const ended = await run('src/migrate.ts', { databaseUrl, unprivileged: true });
        expect(ended).toMatchObject({
          code: 1,
          out: '',
          err: expect.stringMatching(/^.* (is read-only|cannot be opened).*\n$/),
        });
      }
    });
  });

  test('has an address of another kind', async () => {
    await expect(openDatabase('mysql://x')).rejects.toThrow('DATABASE_URL must be file:<path> or postgres://');
  });
});

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

async function refused(file: string, message: RegExp): Promise<void> {
  const opening = openDatabase(`file:${file}`);
  await expect(opening).rejects.toThrow(DatabaseUnusableError);
  await expect(opening).rejects.toThrow(message);
}

async function sound(name: string): Promise<string> {
  const file = join(folder, name);
  await (await openDatabase(`file:${file}`)).close();
  return file;
}
