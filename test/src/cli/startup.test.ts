import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { run } from '../../db/process.ts';

const preload = pathToFileURL(fileURLToPath(new URL('print-packages.mjs', import.meta.url)));

/** A package that is loaded at the start costs each command 30 to 200 ms. */
test('help loads no package but that of the arguments', async () => {
  const env = { NODE_OPTIONS: `--import ${preload}` };
  const { code, out, err } = await run('src/cli.ts', { args: ['--help'], env });
  expect({ code, out, err }).toEqual({
    code: 0,
    out: expect.stringMatching(/^Usage: ghostifi /),
    err: '@commander-js/extra-typings commander\n',
  });
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
