import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DatabaseBusyError } from '#db/errors.ts';
import { createIdentities } from '#src/http/board/identities.ts';
import { createSessions } from '#src/http/board/session.ts';
import { createKeyRing } from '#src/keys/key-ring.ts';
import { newSecret, secretDigest } from '#src/keys/secret.ts';
import { secretsKeys } from '../../../secrets-key.ts';
import { startTestApi, type TestApi, tokens } from '../api-under-test.ts';
import { secrets } from '../call-and-check.ts';
import { makeKey } from '../make-key.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
  now = start;
});
afterEach(() => api.close());

const lasts = 12 * 60 * 60_000;
const start = new Date();
let now = start;

/** What another API process knows, which has read no key yet. */
function another(changes: { tokens?: typeof tokens; secretsKeys?: typeof secretsKeys } = {}) {
  const { store, log } = api.services;
  const keys = createKeyRing({ store, log, now: () => now });
  return createIdentities({ tokens, secretsKeys, keys, ...changes });
}

async function sealed(secret: string, identities = another()): Promise<string> {
  const set: string[] = [];
  const response = { req: { protocol: 'https' }, cookie: (...[name, value]: string[]) => set.push(`${name}=${value}`) };
  const identity = await identities.withSecret(secret);
  if (!identity) throw new Error('Nobody has the secret.');
  createSessions(identities, () => now).start(response as never, identity);
  return set[0] ?? '';
}

const readBy = async (identities: ReturnType<typeof another>, cookie: string) =>
  (await createSessions(identities, () => now).callerOf({ get: () => cookie } as never))?.name ?? null;
const actor = { requestedBy: 'key:boss', requestId: null, now: start } as const;

test('a request with many forged cookies costs few reads', async () => {
  const reads = vi.spyOn(api.store, 'readKey');
  const forged = Array.from({ length: 300 }, (_, n) => `ghostifi_session=key-${n}.${start.getTime() + lasts}.x`);
  expect(await readBy(another(), forged.join('; '))).toBeNull();
  expect(reads.mock.calls.length).toBeLessThan(10);
});

describe.each(['token', 'key'])('the session cookie of a %s', (kind) => {
  const secretOf = () => (kind === 'token' ? secrets.operator : makeKey(api, { name: 'boss' }));

  test('is valid in another process, for twelve hours', async () => {
    const cookie = await sealed(await secretOf());
    expect(await readBy(another(), `a=b; ${cookie}; ghostifi_session=forged`)).toBe('boss');
    now = new Date(start.getTime() + lasts - 1);
    expect(await readBy(another(), cookie)).toBe('boss');
    now = new Date(start.getTime() + lasts);
    expect(await readBy(another(), cookie)).toBeNull();
  });

  test('cannot be extended, or changed to another subject', async () => {
    const [subject, expires, signed] = (await sealed(await secretOf())).split('=')[1]?.split('.') ?? [];
    await makeKey(api, { name: 'other' });
    const [other] = await api.store.readKeys({ limit: 1 });
    for (const forged of [
      `${subject}.${Number(expires) + 1}.${signed}`,
      `look.${expires}.${signed}`,
      `${other?.id}.${expires}.${signed}`,
      `${subject}.${expires}.`,
      `${subject}.${expires}`,
      `${subject}..${signed}`,
      `${subject}.${expires}.${signed}x`,
      '',
      '....',
    ]) {
      expect(await readBy(another(), `ghostifi_session=${forged}`), forged).toBeNull();
    }
  });
});

test('a session ends if its token is removed or gets another secret', async () => {
  const cookie = await sealed(secrets.operator);
  expect(await readBy(another({ tokens: tokens.slice(0, 2) }), cookie)).toBeNull();
  const changed = tokens.map((token) => ({ ...token, sessionKey: Buffer.alloc(32) }));
  expect(await readBy(another({ tokens: changed }), cookie)).toBeNull();
});

describe('a session of a key', () => {
  const made = async () => {
    const cookie = await sealed(
      await makeKey(api, { name: 'boss', expiresAt: new Date(start.getTime() + lasts - 60_000) }),
    );
    const [key] = await api.store.readKeys({ limit: 1 });
    return { cookie, id: key?.id ?? '' };
  };
  const rotate = async (id: string, hours: number) => {
    const secret = newSecret();
    const oldUntil = new Date(start.getTime() + hours * 3_600_000);
    await api.store.rotateKey({ id, digest: secretDigest(secret), last4: '', oldUntil }, actor);
    return secret;
  };

  test('ends when the key is revoked, within five seconds in a process that knew it', async () => {
    const { cookie, id } = await made();
    const [one, other] = [another(), another()];
    expect(await readBy(one, cookie)).toBe('boss');
    await api.store.revokeKey(id, actor);
    expect(await readBy(other, cookie)).toBeNull();
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 5_000);
    expect(await readBy(one, cookie)).toBeNull();
    vi.restoreAllMocks();
  });

  test('ends when the key expires', async () => {
    const { cookie } = await made();
    now = new Date(start.getTime() + lasts - 60_000);
    expect(await readBy(another(), cookie)).toBeNull();
  });

  test('ends with the secret that it began with', async () => {
    const { cookie, id } = await made();
    const later = await sealed(await rotate(id, 1));
    expect([await readBy(another(), cookie), await readBy(another(), later)]).toEqual(['boss', 'boss']);
    now = new Date(start.getTime() + 3_600_000);
    expect([await readBy(another(), cookie), await readBy(another(), later)]).toEqual([null, 'boss']);
  });

  test('is bound to SECRETS_KEY, also while that is replaced', async () => {
    const { cookie } = await made();
    const next = { current: Buffer.alloc(32, 'another key'), old: null };
    expect(await readBy(another({ secretsKeys: next }), cookie)).toBeNull();
    const replacing = another({ secretsKeys: { ...next, old: secretsKeys.current } });
    expect(await readBy(replacing, cookie)).toBe('boss');
  });
});

describe('the dashboard', () => {
  const fromHere = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' };
  const signIn = (token: string) =>
    fetch(`${api.url}/admin/login`, {
      method: 'POST',
      redirect: 'manual',
      headers: fromHere,
      body: new URLSearchParams({ token, next: '' }).toString(),
    });
  const open = (cookie: string) => fetch(`${api.url}/admin/queues/api/queues`, { headers: { cookie } });

  test.each([
    [['board:read'], false],
    [['board:read', 'board:act'], true],
  ] as const)('opens for a key with %j, which may act: %j', async (scopes, mayAct) => {
    const response = await signIn(` ${await makeKey(api, { name: 'desk', scopes })} `);
    expect(response.status).toBe(303);
    const cookie = response.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect((await open(cookie)).status).toBe(200);
    expect(api.surroundings.boardUsers).toEqual([{ name: 'desk', mayAct, requestId: expect.any(String) }]);
    expect((await api.store.readEvents({ limit: 1 })).events).toMatchObject([
      { type: 'board.signed_in', actor: 'key:desk', detail: { mayAct } },
    ]);
    const [key] = await api.store.readKeys({ limit: 1 });
    expect((await api.call('DELETE', `/v1/keys/${key?.id}`)).status).toBe(204);
    expect((await open(cookie)).status).toBe(401);
  });

  test('does not open for a key without board:read, for one of a customer, or for one that is unknown', async () => {
    const [other, ofCustomer] = [
      await makeKey(api, { scopes: ['alerts:read'] }),
      await makeKey(api, { scopes: ['board:read', 'servers:read'], customer: 'ada' }),
    ];
    const statuses = [];
    for (const secret of [other, ofCustomer, newSecret()]) statuses.push((await signIn(secret)).status);
    expect(statuses).toEqual([403, 403, 401]);
  });

  test('says so while the database does not answer, and lets a token in', async () => {
    const secret = await makeKey(api, { scopes: ['board:read'] });
    api.store.findKey = () => Promise.reject(new DatabaseBusyError('key by digest', null));
    const response = await signIn(secret);
    expect([response.status, response.headers.get('set-cookie')]).toEqual([503, null]);
    expect(await response.text()).toContain('The database does not answer');
    expect((await signIn(secrets.operator)).status).toBe(303);
  });
});
