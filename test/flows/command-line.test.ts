import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Why } from '#src/cli/api/bodies.ts';
import { type Ended, run } from '../db/process.ts';
import { makeFolder, type StartFolder, start } from '../src/start/start-process.ts';

/** Runs the program as a process of its own, with --json. */
async function ghostifi(folder: StartFolder, ...args: string[]): Promise<Ended> {
  return run('src/cli.ts', { args: [...args, '--json'], ...surroundings(folder) });
}

function surroundings({ cwd, env }: StartFolder) {
  return { cwd, env: { HOME: cwd, ...env } };
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

test('why leads from the machines of a server that is gone to the payment', { timeout: 300_000 }, async () => {
  const folder = await makeFolder();
  await start(folder).ready();
  const pages = ['--success-url', 'https://shop.test/thanks', '--cancel-url', 'https://shop.test/'];
  const order = ['--customer', 'hedy', '--location', 'fra', '--plan', 'vc2-1c-1gb'];
  const { url } = await answer(folder, 'checkout', ...order, ...pages);
  expect(await pay(url)).toBe('https://shop.test/thanks');
  const subscription = await firstServed(folder);
  const serverId = subscription.server.id;
  const [payment] = subscription.payments;
  const { items: jobs } = await answer(folder, 'jobs', 'list', '--server', serverId);
  expect(await answer(folder, 'jobs', 'follow', jobs[0].id)).toMatchObject({ kind: 'create', state: 'succeeded' });

  await answer(folder, 'servers', 'rebuild', serverId, '--location', 'nrt', '--wait');
  await answer(folder, 'servers', 'suspend', serverId, '--reason', 'abuse', '--yes', '--wait');
  await answer(folder, 'servers', 'resume', serverId, '--wait');
  const { machine } = await answer(folder, 'servers', 'show', serverId);
  await answer(folder, 'servers', 'destroy', serverId, '--yes', '--wait');
  expect(await answer(folder, 'servers', 'show', serverId)).toMatchObject({ status: 'destroyed', machine: null });

  const whole = await answer(folder, 'why', serverId);
  const ordered: string[] = callsIn(whole)
    .filter(({ operation }) => operation === 'create')
    .map(({ target }) => target);
  expect(ordered).toHaveLength(3);
  for (const handle of [...ordered, machine.id, machine.ipv4, machine.ipv6]) {
    const { subject, chain } = await answer(folder, 'why', handle);
    expect(subject).toMatchObject({ value: handle, serverId });
    expectPaid(chain, payment.invoice);
    expect(callsIn({ chain }).map(({ operation }) => operation)).toEqual(expect.arrayContaining(['create', 'remove']));
  }
  expectPaid((await answer(folder, 'why', subscription.id)).chain, payment.invoice);
  const { out } = await run('src/cli.ts', { args: ['why', ordered[0] ?? ''], ...surroundings(folder) });
  expect(out).toMatch(/A payment was received \(amount 900, .*Stripe bought the server .*: create .*: remove /s);
});

/** Pays at the page of the simulated Stripe. Returns the address of the page that follows. */
async function pay(url: string): Promise<string | null> {
  const body = new URLSearchParams({ how: 'paid', card: '4242 4242 4242 4242' });
  return (await fetch(url, { method: 'POST', body, redirect: 'manual' })).headers.get('location');
}

/** Each look starts two processes. */
const patient = { timeout: 120_000, interval: 500 };

/** The only subscription, once it has a server and its payment is known. */
// biome-ignore lint/suspicious/noExplicitAny: see answer.
async function firstServed(folder: StartFolder): Promise<any> {
  return vi.waitFor(async () => {
    const { items } = await answer(folder, 'subscriptions', 'list', '--customer', 'hedy', '--standing', 'good');
    const subscription = await answer(folder, 'subscriptions', 'show', items[0].id);
    expect(subscription).toMatchObject({ server: { id: expect.any(String) }, payments: [{ amount: 900 }] });
    return subscription;
  }, patient);
}

/** The chain begins with what Stripe has told, and has the payment of this invoice before the purchase. */
function expectPaid(chain: Link[], invoice: string): void {
  const types = chain.map(({ type }) => type);
  const paid = chain.find(({ type }) => type === 'payment.received');
  expect(types[0]).toBe('notice.received');
  expect(paid?.message).toContain(invoice);
  expect(types.indexOf('server.purchased')).toBeGreaterThan(types.indexOf('payment.received'));
}

type Link = Why['chain'][number];

function callsIn({ chain }: { chain: Link[] }): Link['calls'] {
  return chain.flatMap(({ calls }) => calls);
}

function tokenOf({ cwd }: StartFolder, role: string): string {
  const line = readFileSync(join(cwd, 'data/api-tokens'), 'utf8')
    .split('\n')
    .find((line) => line.includes(`:${role}:`));
  return line?.split(':')[2] ?? '';
}
