import { mkdirSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BareClone } from './clone.ts';

describe('packages', () => {
  let clone: BareClone;
  beforeEach(() => {
    clone = new BareClone();
  });
  afterEach(() => clone[Symbol.dispose]());

  it('a bare clone gets its packages with one line, and a second run does and prints nothing', async () => {
    expect(await clone.setUp()).toEqual({ code: 0, output: 'Installing packages (npm ci)…' });
    expect(await clone.setUp()).toEqual({ code: 0, output: '' });
    expect(clone.calls('npm')).toHaveLength(1);
  });

  it('no install script runs, and a production environment has everything that the tests need', async () => {
    await clone.setUp({ env: { NODE_ENV: 'production' } });
    expect(clone.calls('npm')[0]).toMatch(/^ci .*--include=dev .*--ignore-scripts/);
  });

  it('a changed lock is installed again', async () => {
    await clone.setUp();
    clone.lock({ 'node_modules/express': { version: '5.3.1' } });
    expect((await clone.setUp()).output).toBe('Installing packages (npm ci)…');
  });

  it('a deleted node_modules is installed again', async () => {
    await clone.setUp();
    clone.remove('node_modules');
    expect((await clone.setUp()).output).toBe('Installing packages (npm ci)…');
  });

  it('a node_modules that is a link to a folder with other packages is refused, and the folder stays whole', async () => {
    mkdirSync(clone.path('shared'));
    clone.write('shared/.set-up', 'of another lock file');
    symlinkSync(clone.path('shared'), clone.path('node_modules'));
    const { code, output } = await clone.setUp();
    expect([code, output]).toEqual([1, expect.stringMatching(/node_modules is a link, .*Delete the link/)]);
    expect(clone.calls('npm')).toEqual([]);
    expect(clone.exists('shared/.set-up')).toBe(true);
  });

  it('a node_modules of another kind of machine is installed again', async () => {
    await clone.setUp();
    expect((await clone.setUp({ platform: 'darwin' })).output).toBe('Installing packages (npm ci)…');
  });

  it('an npm ci by hand is not repeated because of packages for other platforms', async () => {
    const express = { version: '5.3.0' };
    clone.lock({ '': {}, 'node_modules/express': express, 'node_modules/mac': { optional: true, os: ['beos'] } });
    clone.write('node_modules/.package-lock.json', { packages: { 'node_modules/express': express } });
    expect(await clone.setUp()).toEqual({ code: 0, output: '' });
    expect(clone.calls('npm')).toEqual([]);
  });

  it.each([
    ['another version', { version: '5.2.0' }, {}],
    ['no package of this platform', { version: '5.3.0' }, { os: [process.platform], cpu: [process.arch] }],
  ])('an install by hand with %s is repeated', async (_what, installed, native) => {
    clone.lock({
      'node_modules/express': { version: '5.3.0' },
      'node_modules/x': { optional: true, os: ['-'], ...native },
    });
    clone.write('node_modules/.package-lock.json', { packages: { 'node_modules/express': installed } });
    expect((await clone.setUp()).output).toBe('Installing packages (npm ci)…');
  });

  it('if npm fails, its output is shown with advice, and the next run tries again', async () => {
    clone.program('npm', 'echo "npm error code EAI_AGAIN" >&2; exit 1');
    const failed = await clone.setUp();
    expect(failed.code).toBe(1);
    expect(failed.output).toContain('npm error code EAI_AGAIN');
    expect(failed.output).toMatch(/registry cannot be reached. Check the network .*run it again\.$/);
    clone.program('npm', 'mkdir -p node_modules');
    expect((await clone.setUp()).code).toBe(0);
  });

  it('a missing npm is reported with the program to install', async () => {
    clone.remove('machine/bin/npm');
    const { code, output } = await clone.setUp();
    expect([code, output.split('\n').at(-1)]).toEqual([1, 'npm was not found. Install Node 24 with its npm.']);
  });
});
