import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { DataFileError, dataFile, type Snapshot } from '#src/simulator/data-file.ts';
import type { Machine } from '#src/simulator/machine.ts';

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'simulator-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** It is closed at the end of the test. */
function opened(file: string) {
  const data = dataFile(file);
  onTestFinished(() => data.close());
  return data;
}

const snapshot = (nextSerial: number, machines: readonly Machine[] = []): Snapshot => {
  return { nextSerial, machines, firewalls: [], records: [], payments: [] };
};
const neverWhole = () => {
  throw new Error('The whole file was written.');
};
const machine = (serial: number, label = `gf-${serial}-1`): Machine => ({
  serial,
  id: `id-${serial}`,
  cloud: 'vultr',
  label,
  hostname: label,
  tags: [],
  region: 'fra',
  plan: 'p',
  osId: 1,
  userData: null,
  ipv4: null,
  ipv6: null,
  createdAt: 1,
  readyAt: 1,
  wireguard: null,
  answersAt: null,
  listedAt: 1,
  lockedUntil: 1,
  removedAt: null,
  client: 'x',
});
const zone = { id: 'r', zoneId: 'z', type: 'A', name: 'a.b', content: '1.2.3.4', ttl: 1 } as const;
const record = { ...zone, proxied: false, comment: null, createdAt: 1, modifiedAt: 1 };

it('loads the last save, and nothing if the file is missing', async () => {
  const file = path.join(await folder(), 'deep', 'simulator.json');
  expect(await dataFile(file).load()).toBeNull();
  await opened(file).save(() => snapshot(7));
  expect(await dataFile(file).load()).toMatchObject(snapshot(7));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it('appends each change, and loads the last state of each thing in the order of its first', async () => {
  const file = path.join(await folder(), 'simulator.json');
  const { save } = opened(file);
  await save(() => snapshot(3, [machine(1), machine(2)]));
  const firewall = { serial: 9, name: 'f', labels: { a: 'b' }, createdAt: 1 };
  for (const change of [{ machine: machine(1, 'new') }, { record }, { record: { ...record, id: 's' } }, { firewall }])
    await save(neverWhole, change);
  await Promise.all([save(neverWhole, { recordGone: 's' }), save(neverWhole, { machine: machine(5) })]);
  expect(await dataFile(file).load()).toEqual({
    nextSerial: 10,
    payments: [],
    machines: [machine(1, 'new'), machine(2), machine(5)],
    firewalls: [firewall],
    records: [record],
  });
});

it('loads a file of the old format, and writes the new one', async () => {
  const file = path.join(await folder(), 'simulator.json');
  const old = { format: 'ghostifi-simulator-1', nextSerial: 2, machines: [machine(1)] };
  await writeFile(file, JSON.stringify(old));
  const { load, save } = opened(file);
  const loaded = await load();
  expect(loaded).toMatchObject(snapshot(2, [machine(1)]));
  await save(() => loaded ?? neverWhole());
  await save(neverWhole, { machine: machine(2) });
  expect(await load()).toEqual(snapshot(3, [machine(1), machine(2)]));
});

it('does not load the change that a kill cut short, but refuses a damaged line before it', async () => {
  const file = path.join(await folder(), 'simulator.json');
  const { load, save } = opened(file);
  await save(() => snapshot(1));
  await save(neverWhole, { machine: machine(1) });
  await appendFile(file, JSON.stringify({ machine: machine(2) }));
  expect(await load()).toEqual(snapshot(2, [machine(1)]));
  await appendFile(file, '}\n');
  await expect(load()).rejects.toThrow(DataFileError);
});

it('has each save on disk when it resolves, although simultaneous saves share a write', async () => {
  const file = path.join(await folder(), 'simulator.json');
  const { load, save } = opened(file);
  await save(() => snapshot(1));
  let serial = 0;
  const saves = Array.from({ length: 200 }, async () => {
    const mine = ++serial;
    await save(neverWhole, { machine: machine(mine) });
    expect((await load())?.machines.map((one) => one.serial)).toContain(mine);
  });
  await Promise.all(saves);
  expect(await readdir(path.dirname(file))).toEqual(['simulator.json']);
});

it('includes a change that arrives during a write', async () => {
  const file = path.join(await folder(), 'simulator.json');
  const { save } = opened(file);
  const first = save(() => snapshot(1));
  await Promise.resolve();
  await Promise.all([first, save(neverWhole, { machine: machine(1) })]);
  expect(await dataFile(file).load()).toMatchObject(snapshot(2, [machine(1)]));
});

it('reports a failed write, and writes everything at the next save', async () => {
  const parent = path.join(await folder(), 'place');
  const { save } = opened(path.join(parent, 'simulator.json'));
  await opened(parent).save(() => snapshot(1));
  await expect(save(() => snapshot(2))).rejects.toThrow(DataFileError);
  await rm(parent);
  await save(() => snapshot(3), { machine: machine(2) });
  expect(await dataFile(path.join(parent, 'simulator.json')).load()).toMatchObject(snapshot(3));
});

it('still loads what was written when it is closed', async () => {
  const file = path.join(await folder(), 'simulator.json');
  const { save, close } = dataFile(file);
  const saved = save(() => snapshot(1));
  await Promise.resolve();
  const changed = save(neverWhole, { machine: machine(1) });
  await close();
  await Promise.all([saved, changed]);
  expect(await readFile(file, 'utf8')).toMatch(
    /^\{"format":"ghostifi-simulator-2","nextSerial":1\}\n\{"machine":.*\n$/,
  );
});
