import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lastBackupSetting } from '#db/settings.ts';
import { useBackups } from './scene.ts';

const scene = useBackups();
const copies = () => readdirSync(join(scene.folder, 'copies')).toSorted();
const lastBackup = () => scene.withStore((store) => store.readSetting(lastBackupSetting));
const yesterday = 'ghostifi-2026-01-01T03-15-00.000Z.db';
const before = 'ghostifi-2025-12-31T03-15-00.000Z.db';

function putCopies(...names: string[]): void {
  mkdirSync(join(scene.folder, 'copies'), { recursive: true });
  for (const name of names) writeFileSync(join(scene.folder, 'copies', name), 'old');
}

describe('a backup without a name', () => {
  test('succeeds again and again, each time under a dated name in BACKUP_FOLDER, and is recorded', async () => {
    for (const count of [1, 2]) {
      const startedAt = Date.now();
      expect(await scene.backup()).toMatchObject({ code: 0, err: '' });
      expect(copies()).toHaveLength(count);
      const last = await lastBackup();
      expect(last?.value).toEqual({ file: join('copies', copies().at(-1) ?? '') });
      expect(last?.updatedAt.getTime()).toBeGreaterThanOrEqual(startedAt);
    }
  });

  test('deletes the older ones that --keep does not count, and no other file', async () => {
    const others = ['ghostifi-before-upgrade.db', 'notes.txt', `${yesterday}.gz`];
    putCopies(before, yesterday, ...others);
    const ended = await scene.backup('--keep', '2');
    expect(ended).toMatchObject({ code: 0, out: expect.stringMatching(/checked\)\. Deleted 1 older\.\n$/) });
    const [first, ...rest] = copies().filter((name) => !others.includes(name));
    expect([first, rest.length]).toEqual([yesterday, 1]);
    expect(copies()).toEqual(expect.arrayContaining(others));
  });

  test('deletes what a killed backup left a day ago, and not what another writes now', async () => {
    const [old, fresh] = [`${yesterday}.4711.partial`, `${yesterday}.4712.partial`];
    putCopies(old, fresh);
    const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 60 * 60;
    utimesSync(join(scene.folder, 'copies', old), twoDaysAgo, twoDaysAgo);
    expect(await scene.backup('--keep', '1')).toMatchObject({ code: 0 });
    expect(copies().filter((name) => name.endsWith('partial'))).toEqual([fresh]);
  });

  test('that fails deletes nothing, and is not recorded', async () => {
    putCopies(before, yesterday);
    writeFileSync(
      join(scene.folder, 'live.db'),
      'no database at all, but as long as the header of one would be'.repeat(20),
    );
    expect(await scene.backup('--keep', '1')).toMatchObject({ code: 1 });
    expect(copies()).toEqual([before, yesterday]);
  });
});

test('a backup with a name is not recorded', async () => {
  expect(await scene.backup('by-hand.db')).toMatchObject({ code: 0 });
  expect(await lastBackup()).toBeNull();
});

test('--done records the backup of another tool, and --forget expects none any more', async () => {
  expect(await scene.backup('--done')).toMatchObject({ code: 0, out: 'Recorded a good backup.\n' });
  expect((await lastBackup())?.value).toEqual({ file: null });
  expect(await scene.backup('--forget')).toMatchObject({ code: 0, err: '' });
  expect(await lastBackup()).toBeNull();
});

test.each([
  [['--keep', '0'], /^--keep must be from 1 to 9999, not "0"\./],
  [['--keep', '1', 'a.db'], /^--keep counts the dated backups\./],
  [['--done', '--forget'], /^Use --done or --forget, not both\./],
])('%j is refused', async (args, message) => {
  expect(await scene.backup(...args)).toMatchObject({ code: 1, out: '', err: expect.stringMatching(message) });
});
