import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BareClone } from './clone.ts';

const scripts: Record<string, string> = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../../package.json', import.meta.url)), 'utf8'),
).scripts;

describe('a program before set-up', () => {
  let clone: BareClone;
  beforeEach(() => {
    clone = new BareClone();
  });
  afterEach(() => clone[Symbol.dispose]());

  /** Runs the check that npm runs before each program. */
  const check = (node = process.versions.node) => {
    const pretend = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'${node}'})`;
    const args = ['--import', pretend, clone.path('src/setup/usable.mjs')];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    return { status, stdout, stderr };
  };

  it.each(['18.20.8', '20.20.2', '22.17.1'])('says on Node %s what to do, in one line', (node) => {
    clone.write('node_modules/better-sqlite3/package.json', {});
    expect(check(node)).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(
        new RegExp(`^Node ${node} cannot run this program\\. Run "node src/setup/ready\\.mjs" once: [^\n]+\n$`),
      ),
    });
  });

  it('says without packages what to do, in one line', () => {
    expect(check('24.0.0')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /^The packages are not installed\. Run "node src\/setup\/ready\.mjs" once: [^\n]+\n$/,
      ),
    });
  });

  it.each(['22.18.0', '24.0.0', '26.1.0'])('prints nothing on Node %s with packages', (node) => {
    clone.write('node_modules/better-sqlite3/package.json', {});
    expect(check(node)).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});

describe('package.json', () => {
  const programs = Object.entries(scripts).filter(([, script]) => /\.ts$/.test(script));

  it.each(programs)('checks or sets up the clone before %s', (name) => {
    expect(scripts[`pre${name}`]).toMatch(/^node src\/setup\/(ready|usable)\.mjs$/);
  });
});
