import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '#db/open.ts';
import { restoredSetting } from '#db/settings.ts';
import { createStore } from '#db/store.ts';
import { run } from '../../db/process.ts';
import { secretsKey } from '../../secrets-key.ts';
import { useBackups } from './scene.ts';

const scene = useBackups();
const live = () => join(scene.folder, 'live.db');
const files = () => readdirSync(scene.folder).toSorted();
const soldNow = () => scene.withStore(async (store) => (await store.readServers({ limit: 50 })).length);

describe('npm run restore', () => {
  test('puts the backup in place, and keeps the replaced database', async () => {
    await scene.sell(2);
    await scene.backup('monday.db');
    await scene.sell(1);
    const ended = await scene.restore('monday.db');
    expect(ended).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(
        /^Restored monday\.db to \S+live\.db: servers: 2 running; open jobs: 0; all 2 VPN keys open\. The replaced database is \S+live\.db\.replaced-\S+Z\. Read /,
      ),
    });
    expect(await soldNow()).toBe(2);
    expect(statSync(live()).mode & 0o777).toBe(0o600);
    const [, aside] = files().filter((name) => name.startsWith('live.db'));
    const replaced = await openDatabase(`file:${join(scene.folder, aside ?? '')}`);
    await replaced.close();
    expect(files()).toEqual(['live.db', aside, 'monday.db']);
  });

  test('replaces a damaged database, and moves its -wal file away', async () => {
    await scene.sell(1);
    await scene.backup('monday.db');
    writeFileSync(live(), 'damaged'.repeat(1_000));
    writeFileSync(`${live()}-wal`, 'old commits');
    expect(await scene.restore('monday.db')).toMatchObject({ code: 0, err: '' });
    expect(await soldNow()).toBe(1);
    expect(files().filter((name) => /^live\.db\.replaced-.*Z(-wal)?$/.test(name))).toHaveLength(2);
  });

  test('restores where there is no database any more', async () => {
    await scene.sell(1);
    await scene.backup('monday.db');
    const moved = `file:${join(scene.folder, 'new.db')}`;
    const ended = await run('src/restore.ts', {
      args: ['monday.db'],
      databaseUrl: moved,
      cwd: scene.folder,
      env: { SECRETS_KEY: secretsKey },
    });
    expect(ended).toMatchObject({ code: 0, err: '' });
    const store = createStore(await openDatabase(moved));
    const restored = await store.readSetting(restoredSetting);
    await store.close();
    // The sequence of webhooks begins with the hour of the restore.
    expect(Math.abs((restored?.value ?? 0) - Date.now() / 3_600_000)).toBeLessThan(1.1);
  });

  test('is refused while a process has the database open, which stays as it is', async () => {
    await scene.sell(1);
    await scene.backup('monday.db');
    await scene.withStore(async () => {
      expect(await scene.restore('monday.db')).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringMatching(/live\.db is in use\. Stop the API and all workers, then restore again\.\n$/),
      });
    });
    expect(files()).toEqual(['live.db', 'monday.db']);
  });

  test('needs the name of the backup', async () => {
    await scene.backup();
    expect(await scene.restore()).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^Give the file of the backup\./),
    });
  });
});

describe.each([['--drill'], []])('with the options %j, a backup', (...options) => {
  test.each([
    ['that does not exist', 'none.db', () => undefined, /^There is no backup none\.db\.\n$/],
    [
      'that is no database',
      'text.db',
      (path: string) => writeFileSync(path, 'text'.repeat(2_000)),
      /^text\.db is not a usable SQLite database/,
    ],
    [
      'with a damaged page',
      'torn.db',
      (path: string) => {
        const bytes = readFileSync(path);
        bytes.fill(0xff, bytes.length - 4_096);
        writeFileSync(path, bytes);
      },
      /^torn\.db is (damaged|not a usable)/,
    ],
  ])('%s is refused, and nothing changes', async (_, name, damage, message) => {
    await scene.sell(3);
    if (name !== 'none.db') await scene.backup(name);
    damage(join(scene.folder, name));
    const before = [files(), readFileSync(live())];
    expect(await scene.restore(...options, name)).toMatchObject({ code: 1, err: expect.stringMatching(message) });
    expect([files(), readFileSync(live())]).toEqual(before);
  });

  test('whose VPN keys need another SECRETS_KEY is refused with the id of that key', async () => {
    await scene.sell(1);
    await scene.backup('monday.db');
    const ended = await run('src/restore.ts', {
      args: [...options, 'monday.db'],
      databaseUrl: scene.databaseUrl,
      cwd: scene.folder,
      env: { SECRETS_KEY: Buffer.alloc(32, 'a key of others').toString('base64') },
    });
    expect(ended).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/are sealed with the key [0-9a-f]{16}/),
    });
    expect(files()).toEqual(['live.db', 'monday.db']);
  });
});

describe('npm run restore -- --drill', () => {
  test('proves the newest dated backup, also while the service runs, and changes nothing', async () => {
    await scene.sell(2);
    await scene.backup();
    await scene.sell(1);
    await scene.backup();
    await scene.withStore(async () => {
      const ended = await scene.restore('--drill');
      expect(ended).toMatchObject({
        code: 0,
        err: '',
        out: expect.stringMatching(
          /^copies\/ghostifi-\S+\.db can be restored: servers: 3 running; open jobs: 0; all 3 VPN keys open\. Nothing was changed\.\n$/,
        ),
      });
    });
    expect(files()).toEqual(['copies', 'live.db']);
    expect(await soldNow()).toBe(3);
  });

  test('without a backup says so', async () => {
    expect(await scene.restore('--drill')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^There is no dated backup in copies\./),
    });
  });
});
