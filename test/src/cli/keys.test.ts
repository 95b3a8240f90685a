import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isWellFormed } from '#src/keys/secret.ts';
import { startTestApi, type TestApi } from '../http/api-under-test.ts';
import { secrets } from '../http/call-and-check.ts';
import { makeKey } from '../http/make-key.ts';
import { emptyHome, runIn } from './cli-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

function ghostifi(args: readonly string[], secret: string = secrets.operator) {
  const home = emptyHome();
  writeFileSync(join(home, 'key'), `${secret}\n`);
  return runIn(home, args, { env: { GHOSTIFI_URL: api.url, GHOSTIFI_KEY_FILE: 'key' } });
}
const asJson = async (...args: string[]) => JSON.parse((await ghostifi([...args, '--json'])).out);

it('the life of a key by the command line', async () => {
  const made = await asJson('keys', 'create', 'till', '--scopes', 'servers:read', 'vpn:read', '--customer', 'ada');
  expect(made).toMatchObject({ name: 'till', scopes: ['servers:read', 'vpn:read'], customer: 'ada' });
  expect((await ghostifi(['servers', 'list'], made.secret)).code).toBe(0);
  expect((await ghostifi(['alerts'], made.secret)).code).toBe(4);
  const rotated = await asJson('keys', 'rotate', made.id, '--overlap-hours', '0');
  expect((await ghostifi(['servers', 'list'], made.secret)).code).toBe(4);
  expect((await ghostifi(['servers', 'list'], rotated.secret)).code).toBe(0);
  expect(await ghostifi(['keys', 'revoke', made.id])).toMatchObject({ code: 2, err: expect.stringContaining('--yes') });
  expect(await ghostifi(['keys', 'revoke', made.id, '--yes'])).toMatchObject({ code: 0, err: 'The key is revoked.\n' });
  expect((await ghostifi(['servers', 'list'], rotated.secret)).code).toBe(4);
  const { out } = await ghostifi(['keys', 'list']);
  expect(out).toMatch(
    new RegExp(`^${made.id} +till +…${rotated.last4} +revoked +ada +servers:read vpn:read +\\d{4}-`, 'm'),
  );
  expect(out).not.toContain('gf_');
});

it('the secret of a new key is printed once, on a line of its own', async () => {
  const { code, out } = await ghostifi(['keys', 'create', 'desk', '--preset', 'operator']);
  expect(code).toBe(0);
  expect(out.split('\n').filter(isWellFormed)).toHaveLength(1);
  const [desk] = (await asJson('keys', 'list', '--limit', '1')).items;
  expect((await ghostifi(['keys', 'revoke', desk.id, '--yes'])).code).toBe(5);
  expect((await ghostifi(['keys', 'create', 'desk', '--preset', 'viewer'])).code).toBe(5);
  expect((await ghostifi(['keys', 'create', 'other'])).code).toBe(2);
});

it('a key signs in whatever its scopes are, and an unknown one does not', async () => {
  const login = (input: string) => runIn(emptyHome(), ['login', '--url', api.url], { input });
  const [narrow, ofCustomer] = [
    await makeKey(api, { scopes: ['alerts:read'] }),
    await makeKey(api, { customer: 'ada' }),
  ];
  for (const secret of [narrow, ofCustomer]) expect((await login(secret)).code).toBe(0);
  expect((await login(`${narrow.slice(0, -1)}-`)).code).toBe(4);
});
