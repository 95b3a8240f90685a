import { expect, onTestFinished, test } from 'vitest';
import { startTestApi } from '../http/api-under-test.ts';
import { secrets } from '../http/call-and-check.ts';

/** Makes a key in the console behind a proxy that was asked so. Resolves with every cookie that was set. */
async function cookiesOver(proto: string): Promise<readonly string[]> {
  const { url, close } = await startTestApi({ trustProxy: 1 });
  onTestFinished(close);
  const set: string[] = [];
  const send = async (path: string, fields?: Readonly<Record<string, string>>) => {
    const cookie = set.map((one) => one.split(';')[0]).join('; ');
    const headers = { 'sec-fetch-site': 'same-origin', 'x-forwarded-proto': proto, cookie };
    const form = fields && { method: 'POST', body: new URLSearchParams(fields) };
    const answer = await fetch(url + path, { ...form, headers, redirect: 'manual' });
    set.push(...answer.headers.getSetCookie());
    return answer.text();
  };
  await send('/admin/login', { token: secrets.operator, next: '' });
  await send('/console/keys/make', { name: 'shop-2', preset: 'storefront' });
  expect(await send('/console/keys')).toMatch(/gf_\w+/);
  return set;
}

test('over https the message of a form, which may have a new secret, never leaves without encryption', async () => {
  const [session, message, cleared] = await cookiesOver('https');
  expect(session).toMatch(/^ghostifi_session=/);
  expect(message).toMatch(/^ghostifi_message=[\w-]+;.* Path=\/console;.*HttpOnly; Secure; SameSite=Strict/);
  expect(cleared).toMatch(/^ghostifi_message=; Path=\/console; Expires=Thu, 01 Jan 1970.*; Secure/);
});

test('over http it is kept too', async () => {
  const cookies = await cookiesOver('http');
  expect(cookies.map((one) => [one.split('=')[0], one.includes('Secure')])).toEqual([
    ['ghostifi_session', false],
    ['ghostifi_message', false],
    ['ghostifi_message', false],
  ]);
});
