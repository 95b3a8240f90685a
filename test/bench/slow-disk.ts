import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasProgram } from '../programs.ts';

/** Both calls, since SQLite and libuv use fdatasync, and some file systems' tools fsync. */
const source = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static void wait_first(void) {
  const char *text = getenv("SLOW_FSYNC_MS");
  long ms = text ? atol(text) : 0;
  struct timespec time = { ms / 1000, (ms % 1000) * 1000000 };
  if (ms > 0) nanosleep(&time, NULL);
}

int fsync(int file) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
  wait_first();
  return real(file);
}

int fdatasync(int file) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
  wait_first();
  return real(file);
}
`;

/** The environment of a process whose fsync and fdatasync take longer by so many ms. */
export type SlowDisk = (ms: number) => Record<string, string>;

/** Compiles the library into the folder. Returns the reason if that is not possible here. */
export function buildSlowDisk(folder: string): SlowDisk | string {
  if (!hasProgram('cc')) return 'it needs a C compiler (cc)';
  const [code, library] = [join(folder, 'slow-fsync.c'), join(folder, 'slow-fsync.so')];
  writeFileSync(code, source);
  const built = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, code, '-ldl'], { encoding: 'utf8' });
  if (built.status !== 0) return `cc failed: ${built.stderr.slice(0, 200)}`;
  const slow: SlowDisk = (ms) => ({ LD_PRELOAD: library, SLOW_FSYNC_MS: String(ms) });
  return whyNotSlow(folder, slow) ?? slow;
}

const probeMs = 20;
const probe = `
  const fs = require('node:fs');
  const file = fs.openSync(process.argv[1], 'w');
  const took = ['fsyncSync', 'fdatasyncSync'].map((call) => {
    const at = performance.now();
    fs.writeSync(file, 'x');
    fs[call](file);
    return performance.now() - at;
  });
  console.log(Math.min(...took));`;

/** Both calls of a Node process must be slower; null: they are. */
function whyNotSlow(folder: string, slow: SlowDisk): string | null {
  const args = ['-e', probe, join(folder, 'slow-probe')];
  const env = { PATH: process.env.PATH ?? '', ...slow(probeMs) };
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  return Number(stdout) >= probeMs ? null : 'LD_PRELOAD does not slow down the fsync of Node here';
}
