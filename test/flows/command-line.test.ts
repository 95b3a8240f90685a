import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Ended, run } from '../db/process.ts';
import { makeFolder, type StartFolder, start } from '../src/start/start-process.ts';

/** Runs the program as a process of its own, with --json. */
async function ghostifi(folder: StartFolder, ...args: string[]): Promise<Ended> {
  return run('src/cli.ts', { args: [...args, '--json'], cwd: folder.cwd, env: { HOME: folder.cwd, ...folder.env } });
}

/** The answer of a command that must succeed. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads the members that it expects, and fails if they are absent.
async function answer(folder: StartFolder, ...args: string[]): Promise<any> {
  const { code, out, err } = await ghostifi(folder, ...args);
  expect(code, err).toBe(0);
  expect(out.trimEnd().split('\n')).toHaveLength(1);
  return JSON.parse(out);
}

const codeOf = async (folder: StartFolder, ...args: string[]) => (await ghostifi(folder, ...args)).code;

test('the story of a purchase, by the command line alone', { timeout: 300_000 }, async () => {
  const folder = await makeFolder();
  // Nobody has started the service.
  expect(await codeOf(folder, 'status')).toBe(2);
  const service = start(folder);
  await service.ready();

  const order = ['buy', '--customer', 'ada', '--location', 'fra', '--idempotency-key', 'order-1'];
  expect(await codeOf(folder, ...order.with(4, 'mars'))).toBe(1);
  const bought = await ghostifi(folder, ...order, '--wait');
  expect(bought.err).toMatch(/^ +\d+\.\d s {2}create srv-\S+ +100 % {2}succeeded$/m);
  const created = JSON.parse(bought.out);
  expect([bought.code, created]).toMatchObject([0, { kind: 'create', state: 'succeeded' }]);
  const { serverId } = created;
  expect(await answer(folder, ...order)).toMatchObject({ server: { id: serverId } });

  const listed = await answer(folder, 'servers', 'list', '--customer', 'ada');
  expect(listed.items).toMatchObject([{ id: serverId, status: 'running', location: 'fra' }]);
  const { config } = await answer(folder, 'servers', 'vpn', serverId);
  expect(await codeOf(folder, 'servers', 'vpn', serverId, '--output', 'ada.conf')).toBe(0);
  expect(readFileSync(join(folder.cwd, 'ada.conf'), 'utf8')).toBe(config);
  expect(await answer(folder, 'servers', 'qr', serverId)).toMatchObject({ config });

  const rebuilt = await answer(folder, 'servers', 'rebuild', serverId, '--location', 'nrt', '--wait');
  expect(rebuilt).toMatchObject({ kind: 'rebuild', state: 'succeeded' });
  expect(await answer(folder, 'servers', 'show', serverId)).toMatchObject({ location: 'nrt', generation: 2 });
  expect(await codeOf(folder, 'jobs', 'cancel', rebuilt.id)).toBe(5);

  expect(await codeOf(folder, 'servers', 'suspend', serverId, '--reason', 'past-due')).toBe(2);
  const suspended = await answer(folder, 'servers', 'suspend', serverId, '--reason', 'past-due', '--yes', '--wait');
  expect(suspended).toMatchObject({ kind: 'suspend', state: 'succeeded' });
  expect(await answer(folder, 'servers', 'resume', serverId, '--wait')).toMatchObject({ state: 'succeeded' });

  const status = await answer(folder, 'status');
  expect(status).toMatchObject({ ready: { status: 'ok' }, servers: { running: expect.any(Number) }, alerts: [] });

  expect(await codeOf(folder, 'servers', 'destroy', serverId)).toBe(2);
  expect(await answer(folder, 'servers', 'destroy', serverId, '--yes', '--wait')).toMatchObject({ kind: 'destroy' });
  expect(await codeOf(folder, 'servers', 'vpn', serverId)).toBe(3);
  const history = await answer(folder, 'servers', 'history', serverId);
  const types = history.items.map(({ type }: { type: string }) => type);
  expect([types[0], types.at(-1)]).toEqual(['server.purchased', 'server.destroyed']);
  const events = await answer(folder, 'events', 'list', '--server', serverId, '--type', 'server.destroyed');
  const event = await answer(folder, 'events', 'show', events.items[0].id);
  expect(event.causes.map(({ type }: { type: string }) => type)).toContain('server.destroy_requested');

  writeFileSync(join(folder.cwd, 'key'), tokenOf(folder, 'viewer'));
  expect(await codeOf(folder, ...order, '--key-file', 'key', '--url', folder.apiUrl)).toBe(4);
  expect(await answer(folder, 'sale', 'close', '--reason', 'stock is gone')).toMatchObject({ open: false });
  const refused = await ghostifi(folder, 'buy', '--customer', 'b', '--location', 'fra');
  expect([refused.code, JSON.parse(refused.out).type]).toEqual([6, 'urn:ghostifi:problem:sale-closed']);
  expect(await answer(folder, 'sale', 'open')).toMatchObject({ open: true });

  service.signal('SIGTERM');
  await service.ended;
  expect(await codeOf(folder, 'servers', 'list')).toBe(6);
});

function tokenOf({ cwd }: StartFolder, role: string): string {
  const line = readFileSync(join(cwd, 'data/api-tokens'), 'utf8')
    .split('\n')
    .find((line) => line.includes(`:${role}:`));
  return line?.split(':')[2] ?? '';
}
