import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ScenarioDatabase } from './setting.ts';

const run = promisify(execFile);
const imageMegabytes = 64;

export function whyNoMounts(): string | null {
  return process.getuid?.() === 0 ? null : 'mounting needs root';
}

/** An SQLite file on a file system in memory of this size. */
export async function onSmallDisk(folder: string, megabytes: number): Promise<ScenarioDatabase> {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', disk]);
  return { url: `file:${disk}/chaos.db`, close: () => unmount(disk) };
}

/** An SQLite file on its own ext4 file system, whose image is `disk.img` in the folder. */
export async function onDiskImage(folder: string): Promise<ScenarioDatabase> {
  const [disk, image] = [join(folder, 'disk'), imageIn(folder)];
  await run('truncate', ['-s', `${imageMegabytes}M`, image]);
  await run('mkfs.ext4', ['-q', '-F', image]);
  await mountImage(image, disk);
  return { url: `file:${disk}/chaos.db`, close: () => unmount(disk) };
}

export function imageIn(folder: string): string {
  return join(folder, 'disk.img');
}

export async function mountImage(image: string, disk: string): Promise<void> {
  mkdirSync(disk, { recursive: true });
  await run('mount', ['-o', 'loop', image, disk]);
}

export async function unmount(disk: string): Promise<void> {
  await run('umount', [disk]);
}
