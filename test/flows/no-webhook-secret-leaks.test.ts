import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { pages } from '#src/pages/pages.ts';
import { type Receiver, startReceiver } from '../webhook-receiver.ts';
import { openBoard, openConsole } from './board.ts';
import { soon } from './eventually.ts';
import { type Customer, type Paying, startMs, startPaying } from './paying.ts';
import { redisText } from './redis-text.ts';

let paying: Paying;
const receivers: Receiver[] = [];
const secrets: string[] = [];
beforeAll(async () => {
  paying = await startPaying({ settings: { LOG_LEVEL: 'trace', WEBHOOK_PRIVATE_ADDRESSES: 'allow' } });
}, startMs);
afterAll(async () => {
  await paying?.close();
  await Promise.all(receivers.map((receiver) => receiver.close()));
});

const withSecret = z.object({
  id: z.string().optional(),
  webhook: z.object({ id: z.string() }).optional(),
  secret: z.string(),
});
const items = <T extends z.ZodType>(of: T) => z.object({ items: z.array(of) });
const named = items(z.object({ id: z.string() }));
const deliveries = items(z.object({ state: z.string(), attempts: z.number(), lastStatus: z.number().nullable() }));

/** A command that shows a secret, which is looked for from now on. */
async function revealing(path: string, body: object = {}): Promise<{ readonly id: string; readonly secret: string }> {
  const { status, text } = await paying.ask('POST', path, body);
  expect(status, text).toBeLessThan(300);
  const { id, webhook, secret } = withSecret.parse(JSON.parse(text));
  secrets.push(secret);
  return { id: webhook?.id ?? id ?? '', secret };
}

/** A webhook whose consumer answers with this status. It gets few messages: after five failures it would get no more. */
async function hook(status: number): Promise<{ readonly id: string; readonly receiver: Receiver }> {
  const receiver = await startReceiver();
  receivers.push(receiver);
  receiver.answer = () => ({ status });
  return { ...(await revealing('/v1/webhooks', { url: receiver.url, types: ['server.ready'] })), receiver };
}

/** Waits until a delivery of the webhook is like this. */
async function untilSome(hookId: string, expected: object): Promise<void> {
  await vi.waitFor(async () => {
    const { items } = await paying.read(`/v1/webhooks/${hookId}/deliveries`, deliveries);
    expect(items).toContainEqual(expect.objectContaining(expected));
  }, soon);
}

/** The secret as it is, and as it would be in base64, in a longer text in base64, in an address, or as bytes. */
function formsOf(secret: string): string[] {
  const key = secret.replace(/^(whsec|gf)_/, '');
  const longer = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(key)]);
    return bytes
      .subarray(0, bytes.length - (bytes.length % 3))
      .toString('base64')
      .slice(before === 0 ? 0 : 4);
  });
  const bytes = Buffer.from(key, 'base64');
  const others = [bytes.toString('base64url'), bytes.toString('hex'), bytes.toString('latin1')];
  return [
    key,
    encodeURIComponent(key),
    ...longer,
    ...longer.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    ...others,
  ];
}

/** What a person may do by mistake. */
async function makeMistakes({ serverId }: Customer, secret: string): Promise<void> {
  const inPath = encodeURIComponent(secret);
  await paying.ask('GET', `/v1/webhooks/${secret}?secret=${inPath}`);
  await paying.ask('GET', `/v1/servers/${inPath}/history`);
  await paying.ask('GET', `/v1/why?machine=${inPath}`);
  await paying.ask('POST', `/v1/servers/${serverId}/suspend`, { reason: `for ${secret}` });
  await paying.ask('POST', '/v1/sale', { open: true, reason: secret });
  await fetch(`${paying.apiUrl}/v1/servers`, {
    headers: { authorization: `Bearer ${secret}`, 'x-request-id': secret },
  });
}

/** Every answer of the board about its three queues. */
async function boardText(token: string): Promise<string> {
  const board = await openBoard(paying.apiUrl, token);
  const texts = [await board('redis/stats')];
  for (const queue of ['servers', 'payments', 'news']) {
    const listed = await board(`queues?activeQueue=${queue}&status=latest&page=1&jobsPerPage=100`);
    const shape = z.object({ queues: z.array(z.object({ name: z.string(), jobs: named.shape.items })) });
    const jobs = shape.parse(JSON.parse(listed)).queues.find(({ name }) => name === queue)?.jobs ?? [];
    expect(jobs, queue).not.toEqual([]);
    const paths = jobs.flatMap(({ id }) => [`queues/${queue}/${id}`, `queues/${queue}/${id}/logs`]);
    texts.push(listed, ...(await Promise.all(paths.map(board))));
  }
  return texts.join('\n');
}

/** `why` from each handle of the customer, and all that can be listed. */
async function answersAbout({ subscriptionId, serverId }: Customer, hookIds: readonly string[]): Promise<string> {
  const machine = z.object({ id: z.string(), ipv4: z.string(), ipv6: z.string() });
  const server = await paying.read(`/v1/servers/${serverId}`, z.object({ hostname: z.string(), machine }));
  const { items: jobs } = await paying.read(`/v1/jobs?server=${serverId}`, named);
  const handles = [
    `server=${serverId}`,
    `machine=${server.machine.id}`,
    `hostname=${server.hostname}`,
    `address=${server.machine.ipv4}`,
    `address=${server.machine.ipv6}`,
    `subscription=${subscriptionId}`,
    ...jobs.map(({ id }) => `job=${id}`),
  ];
  const lists = [
    '/v1/events?limit=200',
    '/v1/webhooks',
    '/v1/keys',
    '/v1/alerts',
    '/v1/jobs?limit=200',
    '/metrics',
    '/readyz',
  ];
  const ofHooks = hookIds.map((id) => `/v1/webhooks/${id}/deliveries`);
  const paths = [...handles.map((handle) => `/v1/why?${handle}`), ...lists, ...ofHooks];
  const answers = await Promise.all(paths.map((path) => paying.ask('GET', path)));
  expect(answers.map(({ status }, at) => [paths[at], status])).toEqual(paths.map((path) => [path, 200]));
  return answers.map(({ text }) => text).join('\n');
}

/** Every page of the console. */
async function pagesText(token: string, { subscriptionId, serverId }: Customer, hookId: string): Promise<string> {
  const console = await openConsole(paying.apiUrl, token);
  const newest = async (path: string) => (await paying.read(path, named)).items[0]?.id ?? '';
  const [jobId, eventId] = [await newest(`/v1/jobs?server=${serverId}`), await newest('/v1/events')];
  const ids = { servers: serverId, jobs: jobId, events: eventId, webhooks: hookId, subscriptions: subscriptionId };
  const filled = (path: string) =>
    path
      .replace(/(\w+)\/:id/, (_, of: keyof typeof ids) => `${of}/${ids[of]}`)
      .replace(':day', new Date().toISOString().slice(0, 10));
  const paths = pages.map(({ path }) => filled(path)).filter((path) => !path.includes('/statements/'));
  return (await Promise.all(paths.map(console.read))).join('\n');
}

function expectNone(texts: Readonly<Record<string, string>>): void {
  const forms = secrets.flatMap(formsOf);
  const found = Object.entries(texts).filter(([, text]) => forms.some((form) => text.includes(form)));
  expect(found.map(([where]) => where)).toEqual([]);
}

test('the secrets of webhooks, new and rotated, are in no log, Redis, board, event, why or page, also when deliveries fail', {
  timeout: 240_000,
}, async () => {
  const { secret: token } = await revealing('/v1/keys', { name: 'canary', preset: 'operator' });
  const [good, failing, gone] = [await hook(204), await hook(500), await hook(410)];
  const customer = await paying.buy('ada');
  await untilSome(good.id, { state: 'delivered' });
  await untilSome(failing.id, { state: 'waiting', lastStatus: 500 });
  await untilSome(gone.id, { state: 'failed', lastStatus: 410 });
  for (const { id } of [good, failing]) await revealing(`/v1/webhooks/${id}/rotate`, { overlapHours: 1 });
  const before = failing.receiver.received.length;
  await paying.ask('POST', `/v1/webhooks/${failing.id}/test`);
  await vi.waitFor(() => expect(failing.receiver.received.length).toBeGreaterThan(before), soon);
  expect(failing.receiver.received.at(-1)?.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);

  const console = await openConsole(paying.apiUrl, token);
  const added = await console.send('/console/webhooks/add', { url: good.receiver.url });
  secrets.push(/whsec_[\w+/=]+/.exec(added)?.[0] ?? expect.fail('The page does not show the secret.'));
  for (const secret of [...secrets]) await makeMistakes(customer, secret);

  const lines = ({ lines }: Paying['api']) => lines.map((line) => JSON.stringify(line)).join('\n');
  const { databaseFile, redis } = paying.world;
  const texts = {
    'the answers of the API': await answersAbout(customer, [good.id, failing.id, gone.id]),
    'Bull Board': await boardText(token),
    'the console': await pagesText(token, customer, failing.id),
    Redis: await redisText(redis),
    'the log of the API': lines(paying.api),
    'the log of the worker': lines(paying.worker),
    'the database': ['', '-wal'].map((end) => readFileSync(databaseFile + end, 'latin1')).join('\n'),
  };
  for (const [where, text] of Object.entries(texts)) expect(text.includes(failing.id), where).toBe(true);
  expect(secrets).toHaveLength(7);
  expectNone(texts);
});

test('the search finds each form of a secret', () => {
  const secret = `whsec_${Buffer.alloc(32, 'canary?>').toString('base64')}`;
  secrets.push(secret);
  const encoded = ['', 'a', 'ab'].flatMap((before) =>
    (['base64', 'base64url'] as const).map((form) => Buffer.from(`${before}${secret}, and more`).toString(form)),
  );
  for (const text of [`a ${secret} b`, encodeURIComponent(secret), ...encoded])
    expect(() => expectNone({ here: text }), text).toThrow();
});
