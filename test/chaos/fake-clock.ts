import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Installation } from './installation.ts';
import type { ManagedProcess } from './managed-process.ts';

/** The wall clock of one running process, set by libfaketime. Its monotonic clock is not changed. */
export interface FakeClock {
  /** Sets the difference from the true time, in seconds. */
  shift(seconds: number): void;
}

export function whyNoFakeClock(): string | null {
  return library() ? null : "install Debian's libfaketime";
}

/** Restarts the process with a clock that can be set. */
export async function giveFakeClock({ folder }: Installation, target: ManagedProcess): Promise<FakeClock> {
  const file = join(folder, `${target.name}.clock`);
  const shift = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  shift(0);
  await target.stop();
  await target.start({
    LD_PRELOAD: library() ?? '',
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  });
  return { shift };
}

function library(): string | undefined {
  return globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0];
}
