import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

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
