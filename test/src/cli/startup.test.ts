import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { freePort } from '#src/start/redis/probe.ts';
import { run } from '../../db/process.ts';
import { emptyHome } from './cli-under-test.ts';

const preload = pathToFileURL(fileURLToPath(new URL('print-packages.mjs', import.meta.url)));

/** A package that is loaded at the start costs each command 30 to 200 ms. */
test('help loads no package but that of the arguments', async () => {
  const env = { NODE_OPTIONS: `--import ${preload}` };
  const { code, out, err } = await run('src/cli.ts', { args: ['--help'], env });
  expect({ code, out, packages: err.split('\n')[0] }).toEqual({
    code: 0,
    out: expect.stringMatching(/^Usage: ghostifi /),
    packages: '@commander-js/extra-typings commander',
  });
});

/** Each file costs more than a millisecond. */
test.each([
  [['why', '--help'], ['why']],
  [['sale', '--help'], ['switches']],
  [
    ['complete', '--', 'why', ''],
    ['completion', 'why'],
  ],
])('%j loads no command of another group', async (args, expected) => {
  const { code, err } = await run('src/cli.ts', { args, env: { NODE_OPTIONS: `--import ${preload}` } });
  const loaded = err.split('\n')[1]?.split(' ') ?? [];
  const groups = loaded.flatMap((file) => /^groups\/(.*)/.exec(file)?.[1] ?? []);
  expect([code, groups.sort()]).toEqual([0, expected]);
});

test('a command in the folder of the service loads no more than it needs to read two variables', async () => {
  const cwd = emptyHome();
  mkdirSync(join(cwd, 'data'));
  writeFileSync(join(cwd, 'data/api-tokens'), 'a:viewer:look\nb:storefront:shop\nc:operator:op\n');
  const env = { NODE_OPTIONS: `--import ${preload}`, HOME: cwd, PORT: String(await freePort()) };
  const { code, err } = await run('src/cli.ts', { args: ['sale', '--json'], cwd, env });
  expect([code, err.split('\n')[1]]).toEqual([6, '@commander-js/extra-typings commander zod']);
});

test.each(['bash', 'zsh', 'fish'])(
  'completion prints a script for %s, which asks the program for words',
  async (shell) => {
    const script = await run('src/cli.ts', { args: ['completion', shell] });
    expect(script).toMatchObject({ code: 0, err: '', out: expect.stringContaining('ghostifi complete --') });
    const words = await run('src/cli.ts', { args: ['complete', '--', 'servers', 're'] });
    expect(words.out).toMatch(/^rebuild\t.*\nresume\t/);
  },
);

test('the program in PATH runs as the script does', async () => {
  expect(await run('src/setup/ghostifi.mjs', { args: ['servers', 'lst'] })).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining("unknown command 'lst'"),
  });
});

test('local programs get their arguments, and their exit code is that of the program', async () => {
  const help = await run('src/cli.ts', { args: ['backup', '--help'] });
  expect(help).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^Usage: npm run backup /) });
  const wrong = await run('src/cli.ts', { args: ['backup', '--keep', '0'] });
  expect(wrong).toMatchObject({ code: 1, out: '', err: '--keep must be from 1 to 9999, not "0".\n' });
});
