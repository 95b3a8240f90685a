import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const scripts: Record<string, string> = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts;
const programs = Object.entries(scripts)
  .flatMap(([name, script]) => {
    const [, path] = /\bnode (?:\S+ )*(\S+\.ts)$/.exec(script) ?? [];
    return path === undefined ? [] : [{ name, path }];
  })
  .concat([{ name: 'set-up-secrets', path: 'src/set-up-secrets.ts' }]);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-help-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** In an empty folder, with a configuration that nothing could work with. */
function run(path: string, ...args: string[]) {
  const env = { PATH: process.env.PATH, DATABASE_URL: 'no database', REDIS_URL: 'no redis', CLOUD: 'no cloud' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, path), ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: 50_000,
  });
  return { status, stdout, stderr };
}

test('package.json has these programs', () => {
  expect(programs.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['start', 'api', 'worker', 'migrate', 'backup', 'restore', 'rotate-secrets', 'chaos']),
  );
});

describe.each(programs)('$name --help', ({ name, path }) => {
  test('prints the help, and does nothing else', () => {
    expect(run(path, '--help')).toEqual({ status: 0, stdout: expect.stringContaining(name), stderr: '' });
    expect(readdirSync(folder)).toEqual([]);
  });
});

test.each(['src/migrate.ts', 'src/rotate-secrets.ts', 'src/api.ts', 'src/start.ts', 'src/backup.ts'])(
  '%s refuses an unknown option, and does nothing',
  (path) => {
    const { status, stdout, stderr } = run(path, '--hepl');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^Unknown option '--hepl'\.\nUsage: npm \S+.*\n$/);
    expect(readdirSync(folder)).toEqual([]);
  },
);

test.each(['src/migrate.ts', 'src/worker.ts'])('%s refuses an argument that it does not take', (path) => {
  expect(run(path, 'help')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^Unexpected argument 'help'\.\n/),
  });
});
