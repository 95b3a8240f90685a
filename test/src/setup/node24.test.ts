import { readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BareClone } from './clone.ts';

/** Installs the package of package.json, if there is one: a program that prints the wanted version. */
const installsNode = `mkdir -p node_modules/.bin; [ -e package.json ] || exit 0
  name=$(sed 's/.*"dependencies":{"\\([^"]*\\)".*/\\1/' package.json); version=$(sed 's/.*"dependencies":{"[^"]*":"\\([^"]*\\)".*/\\1/' package.json)
  cp package-lock.json '@LOCK@'
  mkdir -p node_modules/$name/bin; printf '#!/bin/sh\\necho v%s\\n' $version > node_modules/$name/bin/node; chmod +x node_modules/$name/bin/node`;

describe('Node', () => {
  let clone: BareClone;
  beforeEach(() => {
    clone = new BareClone();
    clone.program('npm', installsNode.replace('@LOCK@', clone.path('machine/lock.json')));
  });
  afterEach(() => clone[Symbol.dispose]());

  it('older than 20 is reported in one line with the version to install', async () => {
    const { code, output } = await clone.setUp({ node: '18.20.8' });
    expect([code, output]).toEqual([
      1,
      'Node 18.20.8 is too old. Install Node 24 (Node 20 or newer is enough: set-up then fetches Node 24).',
    ]);
  });

  it.each(['22.18.0', '24.0.0', '26.1.0'])('%s runs TypeScript and is used as it is', async (node) => {
    expect((await clone.setUp({ node })).output).not.toContain('Fetching Node');
    expect(clone.exists('node_modules/.bin/node')).toBe(false);
  });

  it.each(['20.20.2', '22.17.1'])('%s gets Node 24 from npm as node_modules/.bin/node, once', async (node) => {
    const { code, output } = await clone.setUp({ node, platform: 'linux' });
    expect([code, output.split('\n').at(-1)]).toEqual([0, `Fetching Node 24.21.0 (the system has ${node})…`]);
    const link = readlinkSync(clone.path('node_modules/.bin/node'));
    expect(link).toMatch(/^\.\.\/\.\.\/\.cache\/node-24\.21\.0\/node_modules\/node-linux-\w+\/bin\/node$/);
    expect(await clone.setUp({ node, platform: 'linux' })).toEqual({ code: 0, output: '' });
  });

  it('a new node_modules is linked to the Node that was fetched earlier', async () => {
    await clone.setUp({ node: '20.20.2', platform: 'linux' });
    clone.remove('node_modules');
    expect((await clone.setUp({ node: '20.20.2', platform: 'linux' })).output).toBe('Installing packages (npm ci)…');
    expect(clone.exists('node_modules/.bin/node')).toBe(true);
  });

  it('a fetched Node that does not run is fetched again', async () => {
    await clone.setUp({ node: '20.20.2', platform: 'linux' });
    clone.remove('.cache');
    const { output } = await clone.setUp({ node: '20.20.2', platform: 'linux' });
    expect(output).toBe('Fetching Node 24.21.0 (the system has 20.20.2)…');
  });

  it.each(['linux', 'darwin'])('for %s comes with the checksum of its package', async (platform) => {
    const { code, output } = await clone.setUp({ node: '20.20.2', platform });
    expect([code, output.split('\n').at(-1)]).toEqual([
      0,
      expect.stringMatching(/^Fetching Node 2[46]\.\d+\.\d+ \(the system has 20\.20\.2\)…$/),
    ]);
    const { packages } = clone.read('machine/lock.json') as { packages: Record<string, { integrity?: string }> };
    const [path = ''] = Object.keys(packages).filter((name) => name !== '');
    expect(path).toMatch(new RegExp(`^node_modules/node-(bin-)?${platform}-${process.arch}$`));
    expect(packages[path]?.integrity).toMatch(/^sha512-[\w+/]{86}==$/);
    expect(clone.calls('npm').at(-1)).toMatch(/^ci .*--ignore-scripts/);
  });

  it('whose content differs from the checksum is not used', async () => {
    clone.program(
      'npm',
      '[ -e package.json ] || { mkdir -p node_modules; exit 0; }; echo "npm error code EINTEGRITY" >&2; exit 1',
    );
    const { code, output } = await clone.setUp({ node: '20.20.2', platform: 'linux' });
    expect([code, clone.exists('node_modules/.bin/node')]).toEqual([1, false]);
    expect(output).toMatch(/a package differs from its checksum\. Do not use it/);
  });

  it('a machine without a Node package of npm gets a line with the version to install', async () => {
    const { code, output } = await clone.setUp({ node: '20.20.2', platform: 'sunos' });
    expect(code).toBe(1);
    expect(output).toMatch(/Node 20\.20\.2 is too old, and npm has no Node for sunos-\w+\. Install Node 24\.$/);
  });
});
