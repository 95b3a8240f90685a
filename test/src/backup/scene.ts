import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import { buy, made, settle } from '../../db/conformance/fixture.ts';
import { type Ended, run } from '../../db/process.ts';
import { sealNewKeys, secretsKey } from '../../secrets-key.ts';

export interface BackupScene {
  /** A folder with a database `live.db`; the commands run in it. */
  readonly folder: string;
  readonly databaseUrl: string;
  backup(...args: string[]): Promise<Ended>;
  restore(...args: string[]): Promise<Ended>;
  /** Opens the database for a moment. */
  withStore<R>(body: (store: Store) => Promise<R>): Promise<R>;
  /** Sells servers with VPN keys, and makes them run. Returns their ids. */
  sell(count: number): Promise<string[]>;
}

/** For each test an empty database, and the commands for its backups. */
export function useBackups(): BackupScene {
  const scene = { folder: '', databaseUrl: '' };
  beforeEach(async () => {
    scene.folder = mkdtempSync(join(tmpdir(), 'ghostifi-backups-'));
    scene.databaseUrl = `file:${join(scene.folder, 'live.db')}`;
    await (await openDatabase(scene.databaseUrl)).close();
  });
  afterEach(() => rmSync(scene.folder, { recursive: true, force: true }));
  const command = (file: string, args: string[]) =>
    run(file, {
      args,
      databaseUrl: scene.databaseUrl,
      cwd: scene.folder,
      env: { SECRETS_KEY: secretsKey, BACKUP_FOLDER: 'copies' },
    });
  const withStore: BackupScene['withStore'] = async (body) => {
    const store = createStore(await openDatabase(scene.databaseUrl));
    return body(store).finally(() => store.close());
  };
  return {
    get folder() {
      return scene.folder;
    },
    get databaseUrl() {
      return scene.databaseUrl;
    },
    backup: (...args) => command('src/backup.ts', args),
    restore: (...args) => command('src/restore.ts', args),
    withStore,
    sell: (count) =>
      withStore(async (store) => {
        const ids: string[] = [];
        for (let n = 0; n < count; n += 1) {
          const { server, job } = await buy(store, { sealNewKeys });
          await settle(store, job.id, made);
          ids.push(server.id);
        }
        return ids;
      }),
  };
}
