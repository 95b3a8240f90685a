import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { signatureOf } from '#src/simulator/stripe/hooks.ts';
import { openBoard } from './board.ts';
import { type Paying, startMs, startPaying, token, webhookSecret } from './paying.ts';
import { redisText } from './redis-text.ts';

/** What Stripe's keys, signing secrets and the secrets of payments look like. */
const secretLike = /whsec_\w|\b[rs]k_(test|live)_\w|_secret_\w|client_secret/;

let paying: Paying;
beforeAll(async () => {
  paying = await startPaying({ settings: { LOG_LEVEL: 'trace' } });
}, startMs);
afterAll(() => paying?.close());

/** An event whose object has a secret, as that of a payment in the browser has. */
async function sendSecret(): Promise<number> {
  const object = { id: 'pi_canary', object: 'payment_intent', client_secret: 'pi_canary_secret_canary' };
  const event = { id: 'evt_canary', object: 'event', type: 'invoice.paid', livemode: false, created: 1_790_000_000 };
  const body = JSON.stringify({ ...event, data: { object } });
  const signature = signatureOf(webhookSecret, body, Math.floor(Date.now() / 1_000));
  const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
  return (await fetch(`${paying.apiUrl}/v1/stripe/webhook`, { method: 'POST', body, headers })).status;
}

const databaseText = () =>
  ['', '-wal'].map((suffix) => readFileSync(`${paying.world.databaseFile}${suffix}`, 'latin1')).join('\n');

const jobs = z.object({ items: z.array(z.object({ id: z.string() })) });

/** Everything that an operator can read about the customer, with the answers' statuses. */
async function answersAbout(subscriptionId: string, serverId: string): Promise<string> {
  const { items } = await paying.read(`/v1/jobs?server=${serverId}`, jobs);
  const paths = [
    ...['/v1/events?limit=200', `/v1/events?server=${serverId}`, `/v1/why?server=${serverId}`],
    ...[`/v1/why?subscription=${subscriptionId}`, ...items.map(({ id }) => `/v1/why?job=${id}`)],
    ...['/v1/subscriptions', `/v1/subscriptions/${subscriptionId}`, '/v1/alerts', '/metrics', '/readyz'],
    ...[`/v1/servers/${serverId}`, `/v1/servers/${serverId}/history`, '/v1/statements', '/openapi.json'],
  ];
  const answers = await Promise.all(paths.map((path) => paying.ask('GET', path)));
  expect(answers.map(({ status }, at) => [paths[at], status])).toEqual(paths.map((path) => [path, 200]));
  const board = await openBoard(paying.apiUrl, token);
  const queues = await Promise.all(
    ['payments', 'servers'].map((queue) => board(`queues?activeQueue=${queue}&status=latest&page=1&jobsPerPage=100`)),
  );
  expect(queues[0]).toContain(subscriptionId);
  return [...answers.map(({ text }) => text), ...queues].join('\n');
}

async function workerMetrics(): Promise<string> {
  const { port } = paying.worker.lines.find(({ event }) => event === 'worker-ready') ?? {};
  return (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
}

function expectNone(texts: Readonly<Record<string, string>>): void {
  for (const [where, text] of Object.entries(texts)) {
    const at = text.search(secretLike);
    expect(at === -1 ? null : text.slice(Math.max(0, at - 60), at + 60), where).toBeNull();
  }
}

test('a whole purchase, a failed payment, a refund and a cancellation leave no secret of Stripe anywhere', {
  timeout: 240_000,
}, async () => {
  const { subscriptionId, serverId } = await paying.buy('ada');
  expect(await sendSecret()).toBe(200);
  await paying.ask('POST', `/v1/subscriptions/${subscriptionId}/portal`, { returnUrl: 'https://shop.test/' });
  await paying.happen(`${subscriptionId}/fail`);
  await paying.until(subscriptionId, { standing: 'overdue' });
  await paying.happen(`${subscriptionId}/recover`);
  await paying.until(subscriptionId, { standing: 'good' });
  await paying.happen(`${subscriptionId}/refund`);
  await paying.until(subscriptionId, { standing: 'held', server: { status: 'suspended' } });
  await paying.ask('POST', `/v1/subscriptions/${subscriptionId}/sync`);
  const refused = await fetch(`${paying.apiUrl}/v1/stripe/webhook`, {
    method: 'POST',
    body: '{}',
    headers: { 'stripe-signature': `t=1,v1=${webhookSecret}` },
  });
  expect([refused.status, await refused.text()]).toEqual([400, expect.not.stringMatching(secretLike)]);

  const answers = await answersAbout(subscriptionId, serverId);
  const lines = ({ lines }: Paying['api']) => lines.map((line) => JSON.stringify(line)).join('\n');
  const texts = {
    'the log of the API': lines(paying.api),
    'the log of the worker': lines(paying.worker),
    Redis: await redisText(paying.world.redis),
    'the answers of API and board': answers,
    'the database': databaseText(),
  };
  expect(texts.Redis).toContain('bull:payments:');
  for (const [where, text] of Object.entries(texts)) expect(text.includes(subscriptionId), where).toBe(true);
  expectNone({ ...texts, 'the metrics of the worker': await workerMetrics() });
});

test('the search finds each kind of secret', () => {
  for (const secret of [webhookSecret, 'rk_test_simulator', 'sk_live_1', '"client_secret": null', 'pi_1_secret_2']) {
    expect(() => expectNone({ here: `a ${secret} b` }), secret).toThrow();
  }
  expect(() => expectNone({ here: 'the secret of a task_test, and a whsec_ alone' })).not.toThrow();
});
