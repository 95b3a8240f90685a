import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { variables } from '#src/config/variables.ts';
import { apiConfig, ConfigError, workerConfig } from '#src/config.ts';
import { markdownTable } from '../markdown-table.ts';
import { secretsKey } from '../secrets-key.ts';

const redis = { REDIS_URL: 'redis://127.0.0.1:6379', SECRETS_KEY: secretsKey };
const api = { ...redis, API_TOKENS: 'shop:storefront:a-secret-of-the-shop-0001' };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const faultsOf = (read: () => unknown): readonly string[] => {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
};

test('what is not set has its documented fallback', () => {
  expect(apiConfig(api)).toMatchObject({
    ...{ host: '127.0.0.1', port: 3000, databaseUrl: 'file:./data/ghostifi.db', provider: 'simulator' },
    ...{ domain: 'vpn.internal', defaultPlan: 'vc2-1c-1gb', maxServers: null, shutdownGraceSeconds: 30 },
  });
  expect(workerConfig(redis)).toMatchObject({
    ...{ concurrency: 50, workerPort: null, installation: 'dev', rebuildGraceSeconds: 300, bootTimeoutSeconds: 600 },
    cloud: { name: 'simulator', apiUrl: 'http://127.0.0.1:3900/v2' },
    ...{ bootTimeoutSeconds: 600, probeAt: { host: '127.0.0.1', port: 3900 } },
  });
});

test.each([
  [{ SIMULATOR_URL: 'http://simulator:3900/v2' }, { host: 'simulator', port: 3900 }],
  [{ SIMULATOR_URL: 'http://[::1]:80/v2' }, { host: '::1', port: 80 }],
  [{ SIMULATOR_URL: 'https://cloud.example/v2' }, { host: 'cloud.example', port: 443 }],
  [{ CLOUD: 'vultr', VULTR_API_KEY: 'a-key-of-sixteen-letters' }, null],
  [{ VPN_PROBE_AT: '[2001:db8::1]:51820' }, { host: '2001:db8::1', port: 51_820 }],
  [
    { CLOUD: 'vultr', VULTR_API_KEY: 'a-key-of-sixteen-letters', VPN_PROBE_AT: 'lab.example:4000' },
    { host: 'lab.example', port: 4000 },
  ],
])('with %j handshakes go to %j', (env, probeAt) => {
  expect(workerConfig({ ...redis, ...env }).probeAt).toEqual(probeAt);
});

test.each(['somewhere', 'host:', 'host:0', 'host:65536', '::1:51820', 'a b:1', 'http://host:1'])(
  'VPN_PROBE_AT cannot be %j',
  (address) => {
    expect(faultsOf(() => workerConfig({ ...redis, VPN_PROBE_AT: address }))).toEqual([
      `VPN_PROBE_AT must be host:port, with an IPv6 address in brackets, but is ${JSON.stringify(address)}.`,
    ]);
  },
);

test('the plan of a purchase that names none can be chosen', () => {
  expect(apiConfig({ ...api, CLOUD: 'hetzner', DEFAULT_PLAN: 'cpx11' }).defaultPlan).toBe('cpx11');
});

test('the system of machines is what the provider calls it, which is a number at Vultr', () => {
  const vultr = { ...redis, CLOUD: 'vultr', VULTR_API_KEY: 'a-key-of-sixteen-letters' };
  expect(workerConfig({ ...vultr, MACHINE_IMAGE: '2284' }).cloud.image).toBe('2284');
  expect(faultsOf(() => workerConfig({ ...vultr, MACHINE_IMAGE: 'ubuntu-24.04' }))).toEqual([
    'MACHINE_IMAGE must be a number, as CLOUD is vultr.',
  ]);
  const hetzner = { ...redis, CLOUD: 'hetzner', HETZNER_API_KEY: 'a-key-of-sixteen-letters' };
  expect(workerConfig({ ...hetzner, MACHINE_IMAGE: 'ubuntu-24.04' }).cloud.image).toBe('ubuntu-24.04');
});

test('a variable that is set to nothing counts as not set', () => {
  expect(apiConfig({ ...api, PORT: '', HOST: '  ' }).port).toBe(3000);
});

test('a configuration cannot be changed', () => {
  const config = apiConfig(api);
  expect(Object.isFrozen(config)).toBe(true);
  expect(Object.isFrozen(config.tokens)).toBe(true);
});

test('every fault is told at once, each with what to do', () => {
  const env = {
    ...{ PORT: '99999', HOST: 'a host', CLOUD: 'aws', DATABASE_URL: 'mysql://x', LOG_LEVEL: 'loud' },
    ...{ MAX_SERVERS: '-1', API_TOKENS: 'shop:storefront', SHUTDOWN_GRACE_SECONDS: '1.5', DOMAIN: 'nodots' },
    SECRETS_KEY: 'hunter2',
  };
  const faults = faultsOf(() => apiConfig(env));
  for (const name of [...Object.keys(env), 'REDIS_URL']) {
    expect(
      faults.filter((fault) => fault.includes(name)),
      name,
    ).toHaveLength(1);
  }
  expect(faults).toHaveLength(11);
  for (const fault of faults) expect(fault).toMatch(/ must be .*\.$/);
  expect(() => apiConfig(env)).toThrow(/not usable:\n( {2}- .*\n?){11}$/);
});

test('a fault shows what was given, unless it may be a secret', () => {
  const env = {
    ...{
      PORT: 'http',
      CLOUD: 'vultr',
      VULTR_API_KEY: 'too short',
      DATABASE_URL: 'root:hunter2@host',
      REDIS_URL: 'hunter2',
    },
    API_TOKENS: 'shop:nobody:hunter2,x:viewer:hunter2 hunter2',
  };
  const text = [...faultsOf(() => apiConfig(env)), ...faultsOf(() => workerConfig(env))].join('\n');
  expect(text).toContain('"http"');
  expect(text).not.toMatch(/hunter2|too short/);
});

test('a printed configuration shows no secret', () => {
  const config = apiConfig({
    ...api,
    DATABASE_URL: 'postgres://user:hunter2@host/db',
    REDIS_URL: 'redis://:hunter2@host',
  });
  const worker = workerConfig({ ...redis, CLOUD: 'vultr', VULTR_API_KEY: 'hunter2-hunter2-hunter2' });
  const printed = `${JSON.stringify([config, worker])} ${inspect([config, worker], { depth: 9 })} ${inspect(config)}`;
  expect(printed).toContain('127.0.0.1');
  expect(printed).not.toMatch(/hunter2|a-secret-of-the-shop|digest|Buffer/);
  expect(printed).not.toContain(secretsKey);
});

test.each([
  ['vultr', 'https://api.vultr.com/v2'],
  ['digitalocean', 'https://api.digitalocean.com/v2'],
  ['hetzner', 'https://api.hetzner.cloud/v1'],
])('%s needs its key, and no other', (name, apiUrl) => {
  const variable = `${name.toUpperCase()}_API_KEY`;
  expect(faultsOf(() => workerConfig({ ...redis, CLOUD: name }))).toEqual([
    expect.stringMatching(new RegExp(`^${variable} must be .*; it is not set\\.$`)),
  ]);
  const { cloud } = workerConfig({ ...redis, CLOUD: name, [variable]: 'ABCDEFGHIJKLMNOP' });
  expect(cloud).toEqual({ name, apiUrl, apiKey: 'ABCDEFGHIJKLMNOP' });
  const url = 'http://127.0.0.1:3900/x';
  const elsewhere = workerConfig({
    ...redis,
    CLOUD: name,
    [variable]: 'ABCDEFGHIJKLMNOP',
    [`${name.toUpperCase()}_API_URL`]: url,
  });
  expect(elsewhere.cloud.apiUrl).toBe(url);
});

test('names are kept by nobody unless told otherwise, and Cloudflare needs a token', () => {
  expect(apiConfig(api).dns).toBe('none');
  expect(workerConfig({ ...redis, CLOUDFLARE_API_TOKEN: 'ABCDEFGHIJKLMNOP' }).cloudflare).toBeNull();
  expect(faultsOf(() => workerConfig({ ...redis, DNS: 'cloudflare' }))).toEqual([
    expect.stringMatching(/^CLOUDFLARE_API_TOKEN must be .*; it is not set\.$/),
  ]);
  const named = { DNS: 'cloudflare', CLOUDFLARE_API_TOKEN: 'ABCDEFGHIJKLMNOP' };
  const worker = workerConfig({ ...redis, ...named });
  expect(worker.cloudflare).toEqual({
    apiUrl: 'https://api.cloudflare.com/client/v4',
    apiToken: 'ABCDEFGHIJKLMNOP',
  });
  expect(apiConfig({ ...api, DNS: 'cloudflare' }).dns).toBe('cloudflare');
  expect(`${JSON.stringify(worker)} ${inspect(worker, { depth: 9 })}`).not.toContain('ABCDEF');
});

test.each([[{ CLOUD: 'vultr', DNS: 'cloudflare' }], [{ CLOUD: 'vultr', DNS: 'cloudflare', DOMAIN: 'vpn.internal' }]])(
  'names of real machines need a domain of their own, which %j has not',
  (env) => {
    expect(faultsOf(() => apiConfig({ ...api, ...env }))).toEqual([
      expect.stringMatching(/^DOMAIN must be a domain whose zone is at Cloudflare/),
    ]);
  },
);

test.each([
  [{ CLOUD: 'vultr', DNS: 'cloudflare', DOMAIN: 'vpn.example.com' }],
  [{ CLOUD: 'vultr' }],
  [{ DNS: 'cloudflare' }],
])('the domain of %j will do', (env) => {
  expect(apiConfig({ ...api, ...env }).domain).toMatch(/^vpn/);
});

describe('tokens', () => {
  test('come from the variable and from the file', () => {
    const file = join(folder, 'tokens');
    writeFileSync(file, '# made by hand\nboss:operator:secret:with:colons\n\n  look:viewer:another-secret  \n');
    const { tokens } = apiConfig({ ...api, API_TOKENS_FILE: file });
    expect(tokens.map(({ name, role }) => `${name} ${role}`)).toEqual([
      'shop storefront',
      'boss operator',
      'look viewer',
    ]);
    expect(tokens[1]?.digest).toEqual(
      apiConfig({ ...redis, API_TOKENS: 'x:operator:secret:with:colons' }).tokens[0]?.digest,
    );
  });

  test('must be there', () => {
    expect(faultsOf(() => apiConfig(redis))).toEqual([expect.stringContaining('API_TOKENS (or API_TOKENS_FILE)')]);
  });

  test('need long secrets wherever others can reach the API', () => {
    const short = { ...redis, API_TOKENS: 'shop:storefront:short' };
    expect(faultsOf(() => apiConfig(short))).toEqual([]);
    for (const HOST of ['0.0.0.0', '::', '192.0.2.1', 'example.com', '127.0.0.1.example.com']) {
      expect(
        faultsOf(() => apiConfig({ ...short, HOST })),
        HOST,
      ).toEqual([expect.stringContaining('at least 24')]);
      expect(
        faultsOf(() => apiConfig({ ...api, HOST })),
        HOST,
      ).toEqual([]);
    }
  });

  test.each([
    ['a name twice', 'a:viewer:one,a:operator:two', 'Two tokens are named a'],
    ['a secret twice', 'a:viewer:one,b:operator:one', 'the same secret'],
    ['no secret', 'a:viewer:', 'a secret without spaces'],
    ['an unknown role', 'a:admin:one', 'one of the roles'],
    ['a name in capitals', 'A:viewer:one', 'lower-case'],
  ])('are refused with %s', (_what, API_TOKENS, words) => {
    expect(faultsOf(() => apiConfig({ ...redis, API_TOKENS }))).toEqual([expect.stringContaining(words)]);
  });

  test('are refused when their file cannot be read', () => {
    expect(faultsOf(() => apiConfig({ ...api, API_TOKENS_FILE: join(folder, 'none') }))).toEqual([
      expect.stringMatching(/^API_TOKENS_FILE must be .*none is not \(ENOENT\)\.$/),
    ]);
  });
});

describe('the key that seals secrets', () => {
  const { SECRETS_KEY: _, ...without } = api;
  const [key, old] = [secretsKey, Buffer.alloc(32, 1).toString('base64')];
  const keysOf = (env: Record<string, string>) => {
    const { current, old } = apiConfig({ ...without, ...env }).secretsKeys;
    return [current, old].map((key) => key?.toString('base64') ?? null);
  };

  test('comes from the variables, or else from the file', () => {
    const file = join(folder, 'key');
    writeFileSync(file, `# made once\n${key}\n\n`);
    expect(keysOf({ SECRETS_KEY: key })).toEqual([key, null]);
    expect(keysOf({ SECRETS_KEY: key, SECRETS_KEY_OLD: old })).toEqual([key, old]);
    expect(keysOf({ SECRETS_KEY_FILE: file })).toEqual([key, null]);
    expect(keysOf({ SECRETS_KEY_FILE: file, SECRETS_KEY_OLD: old })).toEqual([key, old]);
    expect(keysOf({ SECRETS_KEY: old, SECRETS_KEY_FILE: file })).toEqual([old, null]);
    writeFileSync(file, `${key}\n${old}`);
    expect(keysOf({ SECRETS_KEY_FILE: file })).toEqual([key, old]);
  });

  test('must be there, for the API and for the worker', () => {
    const { API_TOKENS: __, ...worker } = without;
    const file = { SECRETS_KEY_FILE: join(folder, 'none') };
    const reads = [() => apiConfig({ ...without, ...file }), () => workerConfig({ ...worker, ...file })];
    for (const read of reads) {
      expect(faultsOf(read)).toEqual([
        expect.stringMatching(
          /^SECRETS_KEY must be .* `openssl rand -base64 32` makes them, or SECRETS_KEY_FILE a file that holds it; \S+none cannot be read \(ENOENT\)\.$/,
        ),
      ]);
    }
  });

  test.each(['hunter2', `${secretsKey}AAAA`, secretsKey.slice(4), '-'.repeat(43)])(
    'is refused where it is not 32 bytes, once, and never shown: %s',
    (SECRETS_KEY) => {
      for (const env of [{ SECRETS_KEY }, { SECRETS_KEY: key, SECRETS_KEY_OLD: SECRETS_KEY }]) {
        const faults = faultsOf(() => apiConfig({ ...without, ...env }));
        expect(faults).toEqual([expect.stringMatching(/^SECRETS_KEY(_OLD)? must be 32 random bytes in base64/)]);
        expect(faults.join()).not.toContain(SECRETS_KEY);
      }
    },
  );

  test.each(['', '# nothing\n', 'hunter2', `${secretsKey}\nhunter2`, `${secretsKey}\n${secretsKey}\n${secretsKey}`])(
    'is refused in a file that holds something else: %j',
    (text) => {
      const file = join(folder, 'odd');
      writeFileSync(file, text);
      const faults = faultsOf(() => apiConfig({ ...without, SECRETS_KEY_FILE: file }));
      expect(faults).toEqual([expect.stringMatching(/^SECRETS_KEY_FILE must hold .*openssl/)]);
      expect(faults.join()).not.toMatch(/hunter2|a2V5/);
    },
  );
});

/** `npx vitest run --config test/vitest.config.ts test/src/config.test.ts -u` writes it anew. */
test('docs/configuration.md is what the table says', async () => {
  const rows = Object.entries(variables).map(([name, { fallback, about, processes }]) => [
    `\`${name}\``,
    fallback === null ? '' : `\`${fallback}\``,
    processes.join(', '),
    about.replaceAll('|', '\\|'),
  ]);
  const page = `# Configuration

Every process reads its environment once, when it starts, and tells all faults of it in one message. This page is made from
\`src/config/variables.ts\`, which is the whole list for API, worker and \`npm start\`; the simulated cloud has its own in
[simulator.md](simulator.md#configuration).

${markdownTable(['Variable', 'Without it', 'Read by', 'What it is'], rows)}
`;
  await expect(page).toMatchFileSnapshot('../../docs/configuration.md');
});
