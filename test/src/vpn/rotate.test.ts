import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import { assertOpens } from '#src/vpn/assert-opens.ts';
import { watchKeys } from '#src/vpn/key-watch.ts';
import { newVpnSecrets } from '#src/vpn/keys.ts';
import { rotate } from '#src/vpn/rotate.ts';
import { createSealer, SealedError, sealedPrefixLength } from '#src/vpn/sealed.ts';
import { buy, missing } from '../../db/conformance/fixture.ts';
import { run } from '../../db/process.ts';
import { secretsKey } from '../../secrets-key.ts';

const old = Buffer.alloc(32, 'the key of before');
const current = Buffer.from(secretsKey, 'base64');
const before = createSealer({ current: old, old: null });
const both = createSealer({ current, old });
const after = createSealer({ current, old: null });

let folder: string;
let databaseUrl: string;
let store: Store;
const secrets = new Map<string, Buffer>();

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-rotate-'));
  databaseUrl = `file:${join(folder, 'test.db')}`;
  store = createStore(await openDatabase(databaseUrl));
  secrets.clear();
  for (let n = 0; n < 120; n++) await buyWith(before);
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function buyWith(sealer: typeof before): Promise<void> {
  const sealNewKeys = (serverId: string) => {
    const made = newVpnSecrets();
    secrets.set(serverId, made);
    return sealer.seal(serverId, made);
  };
  await buy(store, { sealNewKeys });
}

async function opened(sealer: typeof before): Promise<Map<string, Buffer>> {
  const rows = await store.readSealed('', 1_000);
  return new Map(rows.map(({ serverId, sealed }) => [serverId, sealer.open(serverId, sealed)]));
}

test('every row opens with only the new key afterwards, and has its former content', async () => {
  expect(await rotate(store, both)).toEqual({ rows: 120, resealed: 120 });
  expect(await opened(after)).toEqual(secrets);
  expect(await rotate(store, both)).toEqual({ rows: 120, resealed: 0 });
});

test('rows that appear or change during the rotation are handled', async () => {
  let calls = 0;
  const reseal: Store['reseal'] = async (resealings) => {
    if (++calls > 1) return store.reseal(resealings);
    const [first, ...others] = resealings;
    if (first) await store.reseal([{ ...first, to: before.seal(first.serverId, secrets.get(first.serverId) ?? old) }]);
    await buyWith(before);
    return store.reseal(first ? [first, ...others] : []);
  };
  expect(await rotate({ ...store, reseal }, both)).toEqual({ rows: 121, resealed: 121 });
  expect(await opened(after)).toEqual(secrets);
});

test('an interrupted rotation continues at the next run, and both keys open rows meanwhile', async () => {
  let calls = 0;
  const reseal: Store['reseal'] = async (resealings) => {
    if (++calls === 2) throw new Error('killed');
    return store.reseal(resealings);
  };
  await expect(rotate({ ...store, reseal }, both)).rejects.toThrow('killed');
  expect(await opened(both)).toEqual(secrets);
  await expect(opened(after)).rejects.toThrow(SealedError);
  expect(await rotate(store, both)).toEqual({ rows: 120, resealed: 70 });
});

test('a start is refused while any row is sealed with an unknown key', async () => {
  await buyWith(after);
  await assertOpens(store, both);
  await expect(assertOpens(store, before)).rejects.toThrow(SealedError);
  await expect(assertOpens(store, after)).rejects.toThrow(SealedError);
  await rotate(store, both);
  await assertOpens(store, after);
});

test('a start is not refused because of damaged keys, which concern one server', async () => {
  const [first] = await store.readSealed('', 1);
  const { serverId, sealed: from } = first ?? missing('keys');
  await store.reseal([{ serverId, from, to: before.seal('another server', secrets.get(serverId) ?? old) }]);
  expect(await store.readSealedSamples(sealedPrefixLength)).toContainEqual(expect.objectContaining({ serverId }));
  const watch = watchKeys(both, 'worker');
  await assertOpens(store, watch.sealer);
  expect(watch.damage.refusals()).toMatchObject([{ subject: serverId }]);
});

test('npm run rotate-secrets prints a summary', async () => {
  const env = { SECRETS_KEY: secretsKey, SECRETS_KEY_OLD: old.toString('base64') };
  expect(await run('src/rotate-secrets.ts', { databaseUrl, env })).toEqual(
    expect.objectContaining({
      code: 0,
      err: '',
      out: `Sealed the VPN keys of 120 servers and the secrets of 0 webhooks again. All 120 are now sealed with the key ${after.keyId}. Only backups still need SECRETS_KEY_OLD.\n`,
    }),
  );
  expect(await opened(after)).toEqual(secrets);
});

test('npm run rotate-secrets makes no database where there is none', async () => {
  const env = { SECRETS_KEY: secretsKey, SECRETS_KEY_OLD: old.toString('base64') };
  const file = `${databaseUrl.slice('file:'.length)}-of-nobody`;
  expect(await run('src/rotate-secrets.ts', { databaseUrl: `file:${file}`, env })).toMatchObject({
    code: 1,
    out: '',
    err: `There is no database ${file}. Check DATABASE_URL.\n`,
  });
  expect(existsSync(file)).toBe(false);
});
