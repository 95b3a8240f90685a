import { readlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BareClone } from './clone.ts';

const says7 = 'echo "Redis server v=7.0.15 sha=00000000:0 bits=64"';
/** apt-get without package lists of the system. It finds redis-server only if it gets its own lists. */
const aptWithoutLists = `case "$1 $*" in
  update*) ;;
  install*Dir::State::lists*) echo "Inst liblzf1 (3.6 Debian)"; echo "Inst redis-server (5:7 Debian)";;
  install*) echo "E: Unable to locate package redis-server" >&2; exit 100;;
  download*) touch liblzf1.deb redis-server.deb;;
esac`;
const dpkg = `mkdir -p "$3/usr/bin" "$3/usr/lib/x86_64-linux-gnu"
printf '#!/bin/sh\\n[ -d "$LD_LIBRARY_PATH" ] && echo "Redis server v=7.0.15"\\n' > "$3/usr/bin/redis-server"
chmod +x "$3/usr/bin/redis-server"`;

describe('redis', () => {
  let clone: BareClone;
  beforeEach(() => {
    clone = new BareClone();
    clone.remove('machine/bin/redis-server');
    clone.write('node_modules/.package-lock.json', { packages: { 'node_modules/express': { version: '5.3.0' } } });
  });
  afterEach(() => clone[Symbol.dispose]());

  it.each(['redis-server', 'valkey-server'])('%s in PATH is recorded without any output', async (name) => {
    const path = clone.program(name, says7);
    expect(await clone.setUp()).toEqual({ code: 0, output: '' });
    expect(clone.read('.cache/redis.json')).toEqual({ kind: 'binary', path });
  });

  it('a server that is too old for BullMQ is skipped', async () => {
    clone.program('redis-server', 'echo "Redis server v=6.0.16 sha=00000000:0"');
    expect((await clone.setUp()).code).toBe(1);
  });

  it('the server binary redis-check-rdb is used under the name of the server', async () => {
    const tool = clone.program('redis-check-rdb', says7);
    expect(await clone.setUp()).toEqual({ code: 0, output: '' });
    expect(readlinkSync(clone.path('.cache/redis-tools/redis-server'))).toBe(tool);
    expect(clone.read('.cache/redis.json')).toEqual({
      kind: 'binary',
      path: clone.path('.cache/redis-tools/redis-server'),
    });
  });

  it("Debian's packages are unpacked without root, with separate package lists if the system has none", async () => {
    clone.program('apt-get', aptWithoutLists);
    clone.program('dpkg', dpkg);
    expect(await clone.setUp()).toEqual({ code: 0, output: "Fetching Redis from Debian's packages…" });
    const libraryPath = clone.path('.cache/redis/usr/lib/x86_64-linux-gnu');
    const path = clone.path('.cache/redis/usr/bin/redis-server');
    expect(clone.read('.cache/redis.json')).toEqual({ kind: 'binary', path, libraryPath });
    expect(clone.calls('apt-get').at(-1)).toMatch(/^download liblzf1 redis-server /);
  });

  it("a copy of Debian's packages is found again without fetching", async () => {
    clone.program('apt-get', aptWithoutLists);
    clone.program('dpkg', dpkg);
    await clone.setUp();
    clone.remove('.cache/redis.json');
    expect(await clone.setUp()).toEqual({ code: 0, output: '' });
  });

  it('a container image is used if there is no package and a daemon answers', async () => {
    clone.program('docker', 'case "$1 $2" in "image inspect") exit 1;; esac');
    expect(await clone.setUp()).toEqual({ code: 0, output: 'Fetching Redis (docker pull redis:8-alpine)…' });
    expect(clone.read('.cache/redis.json')).toEqual({ kind: 'docker', image: 'redis:8-alpine' });
  });

  it('if nothing is found, one line lists the attempts and gives advice', async () => {
    clone.program('docker', 'exit 1');
    const { code, output } = await clone.setUp();
    expect(code).toBe(1);
    expect(output).toMatch(
      /^No redis-server .*daemon does not answer.*apt-get install redis-server.*brew install redis.*REDIS_URL/,
    );
    expect(output).not.toContain('\n');
  });

  it.each([
    ['names a program that is gone', { kind: 'binary', path: '/nowhere/redis-server' }],
    ['is of an unknown kind', { kind: 'cloud' }],
    ['is cut off', '{"kind":"bin'],
  ])('a record that %s is replaced', async (_what, record) => {
    const path = clone.program('redis-server', says7);
    clone.write('.cache/redis.json', record);
    expect(await clone.setUp()).toEqual({ code: 0, output: '' });
    expect(clone.read('.cache/redis.json')).toEqual({ kind: 'binary', path });
  });

  it('npm start needs no Redis if REDIS_URL is set; the tests always start their own', async () => {
    const env = { REDIS_URL: 'redis://127.0.0.1:6379' };
    expect(await clone.setUp({ env })).toEqual({ code: 0, output: '' });
    expect((await clone.setUp({ env: { ...env, npm_lifecycle_event: 'pretest' } })).code).toBe(1);
  });
});
