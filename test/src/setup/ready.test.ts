import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BareClone } from './clone.ts';

describe('set-up', () => {
  let clone: BareClone;
  beforeEach(() => {
    clone = new BareClone();
  });
  afterEach(() => clone[Symbol.dispose]());

  it('two simultaneous set-ups do the work once, and both end with a ready clone', async () => {
    clone.program('npm', 'while [ ! -e waited ]; do sleep 0.01; done; mkdir -p node_modules');
    const installing = Promise.withResolvers<void>();
    const first = clone.setUp({ onOutput: () => installing.resolve() });
    await installing.promise;
    const second = clone.setUp({
      onOutput: (output) => output.startsWith('Waiting for another') && clone.write('waited', ''),
    });
    expect((await Promise.all([first, second])).map(({ code }) => code)).toEqual([0, 0]);
    expect(clone.calls('npm')).toHaveLength(1);
  });

  it.each([
    ['of a process that is gone', String(spawnSync('true').pid)],
    ['without an owner', ''],
  ])('a lock %s is ignored', async (_what, content) => {
    clone.write('.cache/set-up.lock', content);
    expect((await clone.setUp()).code).toBe(0);
    expect(clone.exists('.cache/set-up.lock')).toBe(false);
  });

  it('a second run takes little more time than the start of Node', async () => {
    await clone.setUp();
    const setUpMs = fastest([clone.path('src/setup/ready.mjs')], clone.bin);
    const nothingMs = fastest(['--eval', '0'], clone.bin);
    // On a busy machine both take long; a second installation would take many times as long.
    expect(setUpMs - nothingMs).toBeLessThan(Math.max(400, 2 * nothingMs));
  });
});

/** The fastest of several runs, so that other load of the machine does not count. */
function fastest(args: string[], path: string): number {
  const runs = Array.from({ length: 5 }, () => {
    const startedAt = performance.now();
    spawnSync(process.execPath, args, { env: { PATH: path }, stdio: 'ignore' });
    return performance.now() - startedAt;
  });
  return Math.min(...runs);
}
