import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteConnection from 'better-sqlite3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openDatabase } from '#db/open.ts';

/** Opens a new database with a SQLite that claims this version. */
async function openWith(version: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-version-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { prepare } = SqliteConnection.prototype;
  const prepared = vi.spyOn(SqliteConnection.prototype, 'prepare').mockImplementation(function (
    this: SqliteConnection.Database,
    source: string,
  ) {
    return prepare.call(this, source.replace('sqlite_version()', `'${version}'`));
  });
  onTestFinished(() => prepared.mockRestore());
  const file = join(folder, 'one.db');
  await (await openDatabase(`file:${file}`)).close();
  expect(existsSync(file)).toBe(true);
}

test.each(['3.51.2', '3.50.9', '2.99.99', '3.6.10'])(
  'SQLite %s is refused, since two checkpoints at once could corrupt the database',
  async (version) => {
    const message = `SQLite ${version} is older than 3.51.3. Run npm ci to get the bundled version.`;
    await expect(openWith(version)).rejects.toThrow(message);
  },
);

test.each(['3.51.3', '3.51.10', '3.52.0', '4.0.0'])('SQLite %s is accepted', async (version) => {
  await expect(openWith(version)).resolves.toBeUndefined();
});
