import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestApi, type TestApi } from '../http/api-under-test.ts';
import { secrets } from '../http/call-and-check.ts';
import { emptyHome, runIn } from './cli-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

function ghostifi(...args: string[]) {
  const home = emptyHome();
  writeFileSync(join(home, 'key'), `${secrets.operator}\n`);
  return runIn(home, args, { env: { GHOSTIFI_URL: api.url, GHOSTIFI_KEY_FILE: 'key' } });
}
const asJson = async (...args: string[]) => JSON.parse((await ghostifi(...args, '--json')).out);

it('the life of a webhook by the command line', async () => {
  const { webhook, secret } = await asJson('webhooks', 'add', 'https://8.8.8.8/hook', '--types', 'server.ready');
  expect(webhook).toMatchObject({ url: 'https://8.8.8.8/hook', types: ['server.ready'], state: 'on' });
  const { eventId } = await asJson('webhooks', 'test', webhook.id);
  const [delivery] = (await asJson('webhooks', 'deliveries', webhook.id)).items;
  expect(delivery).toMatchObject({ eventId, type: 'webhook.test', state: 'waiting' });
  expect((await asJson('webhooks', 'retry', delivery.id)).id).toBe(delivery.id);
  const rotated = await asJson('webhooks', 'rotate', webhook.id, '--overlap-hours', '1');
  expect(rotated.secret).not.toBe(secret);
  expect((await asJson('webhooks', 'change', webhook.id, '--off')).state).toBe('off');
  expect((await ghostifi('webhooks', 'test', webhook.id)).code).toBe(5);
  expect((await asJson('webhooks', 'change', webhook.id, '--on')).state).toBe('on');
  const since = new Date(Date.now() - 60_000).toISOString();
  expect(await asJson('webhooks', 'replay', webhook.id, '--since', since)).toEqual({ messages: 0 });
  const { out } = await ghostifi('webhooks', 'list');
  expect(out).toMatch(new RegExp(`^${webhook.id} +https://8.8.8.8/hook +on `, 'm'));
  expect(out).not.toContain('whsec_');
  expect((await ghostifi('webhooks', 'remove', webhook.id)).code).toBe(2);
  expect((await ghostifi('webhooks', 'remove', webhook.id, '--yes')).err).toBe('The webhook is deleted.\n');
  expect((await ghostifi('webhooks', 'show', webhook.id)).code).toBe(3);
});

it('the secret of a new webhook is printed once, on a line of its own', async () => {
  const { code, out } = await ghostifi('webhooks', 'add', 'https://8.8.8.8/other');
  expect(code).toBe(0);
  expect(out.split('\n').filter((line) => /^whsec_\S{44}$/.test(line))).toHaveLength(1);
  expect((await ghostifi('webhooks', 'add', 'https://127.0.0.1/hook')).err).toContain('not an address of the public');
});
