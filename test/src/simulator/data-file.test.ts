import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { DataFileError, dataFile, type Snapshot } from '#src/simulator/data-file.ts';

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'simulator-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

const snapshot = (nextSerial: number): Snapshot => ({ nextSerial, machines: [], firewalls: [], records: [] });

it('loads the last save, and nothing if the file is missing', async () => {
  const file = path.join(await folder(), 'deep', 'simulator.json');
  expect(await dataFile(file).load()).toBeNull();
  await dataFile(file).save(() => snapshot(7));
  expect(await dataFile(file).load()).toMatchObject(snapshot(7));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it('has each save on disk when it resolves, although simultaneous saves share a write', async () => {
  const file = path.join(await folder(), 'simulator.json');
  const { save } = dataFile(file);
  let serial = 0;
  let written = 0;
  const saves = Array.from({ length: 200 }, async () => {
    const mine = ++serial;
    await save(() => {
      written++;
      return snapshot(serial);
    });
    const { nextSerial } = JSON.parse(await readFile(file, 'utf8'));
    expect(nextSerial).toBeGreaterThanOrEqual(mine);
  });
  await Promise.all(saves);
  expect(written).toBeLessThan(10);
  expect(await readdir(path.dirname(file))).toEqual(['simulator.json']);
});

it('includes a change that arrives during a write', async () => {
  const file = path.join(await folder(), 'simulator.json');
  const { save } = dataFile(file);
  const first = save(() => snapshot(1));
  await Promise.resolve();
  await Promise.all([first, save(() => snapshot(2))]);
  expect(await dataFile(file).load()).toMatchObject(snapshot(2));
});

it('reports a failed write, and can be written again later', async () => {
  const parent = path.join(await folder(), 'place');
  const { save } = dataFile(path.join(parent, 'simulator.json'));
  await dataFile(parent).save(() => snapshot(1));
  await expect(save(() => snapshot(2))).rejects.toThrow(DataFileError);
  await rm(parent);
  await save(() => snapshot(3));
  expect(await dataFile(path.join(parent, 'simulator.json')).load()).toMatchObject(snapshot(3));
});
