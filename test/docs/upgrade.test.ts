import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openDatabase } from '#db/open.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/deploy.md'), 'utf8');
const compose = readFileSync(join(root, 'docker-compose.yml'), 'utf8');

/** The files of the old volume `data`, which held everything. */
const old = {
  '/data/api-tokens': `${['storefront', 'operator', 'viewer'].map((role) => `${role}:${role}:${role}-0123456789abcdef`).join('\n')}\n`,
  '/data/secrets-key': `${Buffer.alloc(32, 'a key of the old volume').toString('base64')}\n`,
  '/data/simulator.json': '{"version":1}\n',
  '/data/redis/appendonly.aof': 'old',
  '/data/ghostifi.db': 'rows',
};
/** The volumes of the container in which each command of the page runs. */
const mounts = ['/data', '/tokens', '/keys', '/redis', '/redis-auth', '/simulator'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-upgrade-'));
  for (const mount of mounts) mkdirSync(join(folder, mount));
  mkdirSync(join(folder, '/data/redis'));
  for (const [file, text] of Object.entries(old)) writeFileSync(join(folder, file), text, { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The text with the folders of the containers inside the test's own. */
const here = (text: string) =>
  text.replaceAll(/(?<![\w.])\/(data|tokens|keys|redis-auth|redis|simulator)\b/g, `${folder}/$1`);
const textOf = (path: string) => readFileSync(here(path), 'utf8');

/** The file that a container reads, unless `.env` names another one. */
function fileOf(variable: string): string {
  return new RegExp(`${variable}: (?:\\$\\{${variable}:?-)?(/[\\w/.-]+)`).exec(compose)?.[1] ?? '';
}

test('the commands of the page lead from the one volume to the files that compose reads', () => {
  const [, section = ''] = page.split('time of the one volume `data`');
  const commands = [...(section.split('```')[1] ?? '').matchAll(/sh -c '([^']+)'/g)].map(([, command = '']) => command);
  expect(commands).toHaveLength(2);
  for (const command of commands) execFileSync('sh', ['-ec', here(command)]);

  const [program = ''] = /node src\/set-up-secrets\.ts [^&\]]+/.exec(compose) ?? [];
  execFileSync('sh', ['-ec', here(program)], { cwd: root });

  const [tokens, key, machines] = ['API_TOKENS_FILE', 'SECRETS_KEY_FILE', 'SIMULATOR_DATA'].map(fileOf);
  expect([tokens, key, machines].map((file = '') => textOf(file))).toEqual([
    old['/data/api-tokens'],
    old['/data/secrets-key'],
    old['/data/simulator.json'],
  ]);
  expect(existsSync(here('/data/redis'))).toBe(false);
  expect(textOf('/data/ghostifi.db')).toBe('rows');
});

/** The first block of commands after this heading or sentence. */
const blockAfter = (start: string) => page.split(start)[1]?.split('```sh\n')[1]?.split('```')[0] ?? '';
/** In place of docker and git: notes each call, runs the programs of the service here, and may fail. */
const stub = (name: string) => `#!/bin/sh
echo "${name} $*" >> "$LOG"
case "$*" in *"\${FAILS:-nothing fails}"*) exit 1;; esac
[ "$1" = exec ] || exit 0
shift 3
cd '${root}' && exec "$@"
`;

describe('a block of the page that is pasted into a shell', () => {
  let programs: string;
  let database: string;
  beforeAll(async () => {
    programs = join(folder, 'programs');
    mkdirSync(programs);
    for (const name of ['docker-compose', 'docker', 'git'])
      writeFileSync(join(programs, name), stub(name), { mode: 0o755 });
    database = `file:${here('/data/live.db')}`;
    await (await openDatabase(database)).close();
  });

  /** The calls of a block, as a shell runs it that goes on after an error. */
  function paste(block: string, env: Readonly<Record<string, string>> = {}): string[] {
    const log = join(folder, 'log');
    writeFileSync(log, '');
    const PATH = [programs, dirname(process.execPath), process.env.PATH].join(delimiter);
    const commands = here(block).replaceAll(/<\w+>/g, 'given');
    spawnSync('sh', ['-c', commands], { env: { PATH, LOG: log, DATABASE_URL: database, ...env } });
    return readFileSync(log, 'utf8').trimEnd().split('\n');
  }

  test('upgrades again and again, each time after a backup of its own', async () => {
    const backups = () => (existsSync(here('/data/backups')) ? readdirSync(here('/data/backups')) : []);
    const upgrade = ['git pull', 'docker-compose build', 'docker-compose up -d'];
    for (const count of [1, 2]) {
      const second = Math.floor(Date.now() / 1_000);
      await vi.waitFor(() => expect(Math.floor(Date.now() / 1_000)).toBeGreaterThan(second), 10_000);
      expect(paste(blockAfter('## Upgrade')).slice(1)).toEqual(upgrade);
      expect(backups()).toHaveLength(count);
    }
  });

  test('upgrades nothing if the backup fails', () => {
    const calls = paste(blockAfter('## Upgrade'), { DATABASE_URL: `file:${here('/data/none.db')}` });
    expect(calls).toEqual([expect.stringMatching(/^docker-compose exec -T api node src\/backup\.ts /)]);
  });

  test.each([
    ['## Upgrade', 'pull'],
    ['## Upgrade', 'build'],
    ['time of the one volume `data`', 'stop'],
    ['time of the one volume `data`', 'build'],
    ['time of the one volume `data`', 'secrets-key'],
    ['now and then. To restore', 'stop'],
    ['now and then. To restore', 'src/restore.ts'],
  ])('after “%s” ends with the call of %s if that fails', (start, call) => {
    expect(paste(blockAfter(start), { FAILS: call }).at(-1)).toContain(call);
  });
});
