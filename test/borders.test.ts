import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-borders-'));
  copyFileSync(join(root, '.biome.json'), join(folder, '.biome.json'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Whether the lint rule allows `file` to import `specifier`. */
function mayImport(file: string, specifier: string): boolean {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `import { thing } from '${specifier}';\nexport const kept = thing;\n`);
  const only = ['--vcs-enabled=false', '--only=style/noRestrictedImports', file];
  const { status, stdout, stderr } = spawnSync(process.execPath, [biome, 'lint', ...only], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0 && !`${stdout}${stderr}`.includes('noRestrictedImports'))
    throw new Error(`biome failed: ${stdout}${stderr}`);
  return status === 0;
}

test.each([
  ['db/a.ts', 'drizzle-orm'],
  ['db/a.ts', 'better-sqlite3'],
  ['queues/a.ts', '#db/store.ts'],
  ['queues/a.ts', 'bullmq'],
  ['queues/jobs/a.ts', '#db/model.ts'],
  ['queues/jobs/a.ts', '#queues/ports/provider.ts'],
  ['queues/jobs/a.ts', './steps/b.ts'],
  ['queues/jobs/steps/a.ts', './b.ts'],
  ['queues/jobs/steps/a.ts', '#queues/jobs/b.ts'],
  ['src/http/a.ts', '#queues/producer.ts'],
  ['src/http/a.ts', 'express'],
])('%s may import %s', (file, specifier) => {
  expect(mayImport(file, specifier)).toBe(true);
});

test.each([
  ['db/a.ts', '#queues/run/run.ts'],
  ['db/a.ts', '../src/log.ts'],
  ['db/a.ts', 'bullmq'],
  ['db/a.ts', 'express'],
  ['queues/a.ts', '#src/log.ts'],
  ['queues/a.ts', 'drizzle-orm'],
  ['queues/a.ts', 'drizzle-orm/sqlite-core'],
  ['queues/inventory/a.ts', 'better-sqlite3'],
  ['queues/jobs/a.ts', '#db/store.ts'],
  ['queues/jobs/a.ts', '../../db/store.ts'],
  ['queues/jobs/a.ts', 'bullmq'],
  ['queues/jobs/a.ts', 'ioredis'],
  ['queues/jobs/a.ts', '#src/log.ts'],
  ['queues/jobs/a.ts', '#queues/limits.ts'],
  ['queues/jobs/a.ts', '#queues/bullmq/publisher.ts'],
  ['queues/jobs/a.ts', '../run/run.ts'],
  ['queues/jobs/steps/a.ts', '#queues/gates/gate.ts'],
  ['queues/jobs/steps/a.ts', '../../worker.ts'],
  ['src/a.ts', 'drizzle-orm'],
  ['src/cloud/a.ts', 'better-sqlite3'],
  ['src/cloud/a.ts', 'pg'],
])('a planted import in %s of %s is refused', (file, specifier) => {
  expect(mayImport(file, specifier)).toBe(false);
});
