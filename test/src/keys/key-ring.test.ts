import { beforeEach, describe, expect, test } from 'vitest';
import { DatabaseBusyError } from '#db/errors.ts';
import type { Key } from '#db/key-table.ts';
import { scopes } from '#db/keys.ts';
import { createKeyRing } from '#src/keys/key-ring.ts';
import { newSecret, secretDigest } from '#src/keys/secret.ts';
import { createLog } from '#src/log.ts';

const start = Date.parse('2026-05-01T10:00:00Z');
const minute = 60_000;
let ms: number;
let queries: string[];
let touches: [id: string, seconds: number][];
let rows: Key[];
let failure: Error | null;
beforeEach(() => {
  [ms, queries, touches, rows, failure] = [0, [], [], [], null];
});

const now = () => new Date(start + ms);
const at = (later: number) => new Date(start + later);
const ringOf = () =>
  createKeyRing({
    store: {
      findKey: async (digest) => {
        queries.push(digest);
        if (failure) throw failure;
        return rows.find((row) => [row.digest, row.oldDigest].includes(digest)) ?? null;
      },
      readKey: async (id) => rows.find((row) => row.id === id) ?? null,
      touchKey: async (id, time) => {
        if (failure) throw failure;
        touches.push([id, (time.getTime() - start) / 1000]);
      },
    },
    log: createLog({ process: 'test', level: 'silent' }),
    now,
    clock: () => ms,
  });

function add(changes: Partial<Key> = {}): string {
  const secret = newSecret();
  const none = { oldDigest: null, oldUntil: null, expiresAt: null, revokedAt: null, usedAt: null };
  const about = { id: `key-${rows.length}`, name: 'shop', scopes: ['servers:read' as const], customer: null };
  const made = {
    digest: secretDigest(secret),
    last4: secret.slice(-4),
    createdBy: 'key:boss' as const,
    createdAt: at(0),
  };
  rows.push({ ...none, ...about, ...made, ...changes });
  return secret;
}

describe('the secret of a key', () => {
  test('gives its name, its scopes and its customer', async () => {
    const secret = add({ customer: 'ada' });
    expect(await ringOf().find(secret)).toEqual({
      id: 'key-0',
      caller: { name: 'shop', scopes: ['servers:read'], customer: 'ada' },
      digest: secretDigest(secret),
    });
  });

  test('of one customer gives no scopes that concern the whole installation', async () => {
    const found = await ringOf().find(add({ customer: 'ada', scopes: [...scopes] }));
    expect(found?.caller.scopes).toEqual([
      'servers:read',
      'servers:write',
      'vpn:read',
      'purchases:write',
      'jobs:write',
      'audit:read',
    ]);
  });

  test('with a typing error costs no query', async () => {
    const secret = add();
    const wrong = secret.slice(0, -1) + (secret.endsWith('x') ? 'y' : 'x');
    expect(await ringOf().find(wrong)).toBeNull();
    expect(queries).toEqual([]);
  });

  test('is asked for once in four seconds, whether it is known or not', async () => {
    const ring = ringOf();
    for (const secret of [add(), newSecret()]) {
      ms = 0;
      queries = [];
      await Promise.all([ring.find(secret), ring.find(secret)]);
      ms = 3_999;
      await ring.find(secret);
      expect(queries).toHaveLength(1);
      ms = 4_000;
      await ring.find(secret);
      expect(queries).toHaveLength(2);
    }
  });

  test('is refused within five seconds after the key was revoked, and at once where that was done', async () => {
    const [ring, other] = [ringOf(), ringOf()];
    const secret = add();
    for (const one of [ring, other]) expect(await one.find(secret)).not.toBeNull();
    rows = rows.map((row) => ({ ...row, revokedAt: now() }));
    ring.forget();
    expect(await ring.find(secret)).toBeNull();
    ms = 5_000;
    expect(await other.find(secret)).toBeNull();
  });

  test('is refused from the moment at which the key expires, also between two queries', async () => {
    const ring = ringOf();
    const secret = add({ expiresAt: at(3_000) });
    ms = 2_999;
    expect(await ring.find(secret)).not.toBeNull();
    ms = 3_000;
    expect(await ring.find(secret)).toBeNull();
  });

  test('of before a rotation is valid until its time', async () => {
    const ring = ringOf();
    const old = newSecret();
    const secret = add({ oldDigest: secretDigest(old), oldUntil: at(3_000) });
    ms = 2_999;
    expect([await ring.find(old), await ring.find(secret)]).toEqual([expect.anything(), expect.anything()]);
    ms = 3_000;
    expect([await ring.find(old), await ring.find(secret)]).toEqual([null, expect.anything()]);
  });
});

test('a failed query is not remembered', async () => {
  const ring = ringOf();
  const secret = add();
  failure = new DatabaseBusyError('key', null);
  await expect(ring.find(secret)).rejects.toThrow(DatabaseBusyError);
  failure = null;
  expect(await ring.find(secret)).not.toBeNull();
});

test('the use of a key is noted once a minute, and a failure of that disturbs nobody', async () => {
  const ring = ringOf();
  const secret = add();
  for (const used of [0, 30_000, minute - 1, minute, minute + 1]) {
    ms = used;
    await ring.find(secret);
  }
  expect(touches).toEqual([
    ['key-0', 0],
    ['key-0', 60],
  ]);
  ms = 2 * minute - 1;
  await ring.find(secret);
  failure = new DatabaseBusyError('touch key', null);
  ms = 2 * minute;
  await expect(ring.find(secret)).resolves.not.toBeNull();
});

test('another process noted the use of a key: this one does not', async () => {
  await ringOf().find(add({ usedAt: at(-30_000) }));
  expect(touches).toEqual([]);
});

test('at most 10,000 secrets are remembered', async () => {
  const ring = ringOf();
  const secret = add();
  await ring.find(secret);
  for (let n = 0; n < 10_000; n += 1) await ring.find(newSecret());
  queries = [];
  await ring.find(secret);
  expect(queries).toHaveLength(1);
});
