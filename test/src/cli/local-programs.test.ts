import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import { createSealer, webhookSecrets } from '#src/vpn/sealed.ts';
import { newSecret, openSecret, sealSecret } from '#src/webhooks/secrets.ts';
import { actor, buy } from '../../db/conformance/fixture.ts';
import { type Dialect, postgresDialect, sqliteDialect } from '../../db/dialects.ts';
import { upTo } from '../../db/older.ts';
import { run } from '../../db/process.ts';
import { secretsKey } from '../../secrets-key.ts';

for (const dialect of [sqliteDialect(), postgresDialect()]) {
  if (dialect.missing) test.skip(`local programs on ${dialect.name} are NOT TESTED: ${dialect.missing}`);
  else describe(`on ${dialect.name}`, () => localPrograms(dialect));
}

const old = Buffer.alloc(32, 'the key of before');
const current = Buffer.from(secretsKey, 'base64');
const endpointId = 'whk-1';
const secret = newSecret();

function localPrograms(dialect: Dialect): void {
  beforeAll(() => dialect.start());
  afterAll(() => dialect.stop());

  test('ghostifi migrate applies what an older database lacks, and then nothing', async () => {
    const databaseUrl = await dialect.emptyDatabase();
    await dialect.execute(databaseUrl, upTo('0020', dialect));
    const migrate = () => run('src/cli.ts', { args: ['migrate'], databaseUrl });
    const applied = expect.stringMatching(/^Applied \d+ migrations? to .*: 0020-trends.*\.\n$/);
    expect(await migrate()).toMatchObject({ code: 0, err: '', out: applied });
    expect(await migrate()).toMatchObject({ code: 0, err: '', out: expect.stringMatching(/^Nothing to do: /) });
  });

  test('ghostifi rotate-secrets seals VPN keys and secrets of webhooks with the new key', async () => {
    const databaseUrl = await dialect.emptyDatabase();
    const database = await openDatabase(databaseUrl);
    const store = createStore(database);
    const contents = await fill(store);
    const env = { SECRETS_KEY: secretsKey, SECRETS_KEY_OLD: old.toString('base64') };
    const ended = await run('src/cli.ts', { args: ['rotate-secrets'], databaseUrl, env });
    const out = expect.stringContaining('Sealed the VPN keys of 3 servers and the secrets of 1 webhooks again.');
    expect(ended).toMatchObject({ code: 0, err: '', out });
    const sealer = createSealer({ current, old: null });
    const rows = await store.readSealed('', 10);
    expect(new Map(rows.map(({ serverId, sealed }) => [serverId, sealer.open(serverId, sealed)]))).toEqual(contents);
    const ofWebhooks = createSealer({ current, old: null }, webhookSecrets);
    const [endpoint] = await store.readEndpoints();
    expect(openSecret(ofWebhooks, endpointId, endpoint?.secretSealed ?? '')).toBe(secret);
    await store.close();
  });
}

/** Three servers and a webhook, sealed with the old key. Returns the keys of the servers. */
async function fill(store: Store): Promise<Map<string, Buffer>> {
  const keys = { current: old, old: null };
  const sealer = createSealer(keys);
  const contents = new Map<string, Buffer>();
  for (let n = 1; n <= 3; n++) {
    const sealNewKeys = (serverId: string) => {
      const content = Buffer.alloc(160, n);
      contents.set(serverId, content);
      return sealer.seal(serverId, content);
    };
    await buy(store, { sealNewKeys });
  }
  const secretSealed = sealSecret(createSealer(keys, webhookSecrets), endpointId, secret);
  const endpoint = { id: endpointId, url: 'https://shop.test/hook', types: ['server.ready' as const], secretSealed };
  await store.addEndpoint(endpoint, actor());
  return contents;
}
