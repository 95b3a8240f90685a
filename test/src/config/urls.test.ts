import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { apiConfig } from '#src/config/api.ts';
import { databaseUrl, rotateConfig } from '#src/config/commands.ts';
import { workerConfig } from '#src/config/worker.ts';
import { openFetch } from '#src/outgoing/fetch.ts';
import { apiEnv, faultsOf, workerEnv } from './read-faults.ts';

/** The one fault of a setting, without the sentence that every fault of it begins with. */
function faultOf(name: string, text: string): string {
  const faults = faultsOf(() => workerConfig({ ...workerEnv, [name]: text }));
  expect(faults, text).toEqual([expect.stringMatching(new RegExp(`^${name} must be [^;]+; .*\\.$`))]);
  return faults[0]?.split('; ')[1] ?? '';
}

test.each([
  ['redis://:Zk3/abc+Q=@host', 'its user or password has a /, which is written %2F there.'],
  ['rediss://me:Zk3?abc@host:6380/1', 'its user or password has a ?, which is written %3F there.'],
  ['redis://:Zk3#abc@host', 'its user or password has a #, which is written %23 there.'],
  ['redis://host/0#Zk3', 'it has a #, which is written %23.'],
  ['redis://:Zk3%xy@host', 'it has a % that begins no code such as %2F'],
  ['redis://:Zk3%FF@host', 'it has a code such as %FF that stands for no character.'],
  ['redis://:Zk3 abc@host', 'it has a space or a line break.'],
  ['redis://host:99999', 'the port is not from 1 to 65535 (an IPv6 address is in brackets).'],
  ['redis://host:0', 'the port is not from 1 to 65535 (an IPv6 address is in brackets).'],
  ['redis://host:', 'the port is not from 1 to 65535 (an IPv6 address is in brackets).'],
  ['redis://::1:6379', 'the port is not from 1 to 65535 (an IPv6 address is in brackets).'],
  ['redis://one:6379,two:6379', 'there are several hosts, where one is possible.'],
  ['redis://:Zk3@one,two', 'there are several hosts, where one is possible.'],
  ['redis://', 'there is no host.'],
  ['redis:///1', 'there is no host.'],
  ['redis://[::g]:6379', 'the host is neither a name nor an address.'],
  ['redis://ho$t', 'the host is neither a name nor an address.'],
  ['redis://192.0.2.256', 'the host is neither a name nor an address.'],
  ['redis://host/cache', 'after the host comes something that is not the number of a database.'],
  ['redis://host/0/1', 'after the host comes something that is not the number of a database.'],
  ['redis://host?ssl_cert_reqs=Zk3', 'it has a parameter'],
  ['host:6379', 'it does not begin with redis:// or rediss://.'],
  ['REDIS://host', 'it does not begin with redis:// or rediss://.'],
])('REDIS_URL cannot be %j', (url, fault) => {
  expect(faultOf('REDIS_URL', url)).toContain(fault);
  expect(faultOf('REDIS_URL', url)).not.toContain('Zk3');
});

test.each([
  'redis://host',
  'redis://redis_1.example:6379/',
  'redis://:Zk3%2Fabc+Q=@host',
  'redis://me:p@ss,word:[x]@host:6379/3',
  'rediss://me:secret@[2001:db8::1]:6380/0?family=6',
])('REDIS_URL can be %j', (url) => {
  expect(workerConfig({ ...workerEnv, REDIS_URL: url }).redis).toEqual({ url });
});

test.each([
  ['http://u:Zk3%@proxy:3128', 'it has a % that begins no code such as %2F'],
  ['http://u:Zk3%FF@proxy:3128', 'it has a code such as %FF that stands for no character.'],
  ['http://shop:2024/Zk3@proxy.example:3128', 'its user or password has a /, which is written %2F there.'],
  ['http://shop:2024?Zk3@proxy.example:3128', 'its user or password has a ?, which is written %3F there.'],
  ['http://shop:2024#Zk3@proxy.example:3128', 'its user or password has a #, which is written %23 there.'],
  // Node would call the host `shop`: in an http address, a \\ ends the host as a / does.
  ['http://shop:2024\\Zk3@proxy.example:3128', 'its user or password has a \\, which is written %5C there.'],
  ['shop:2024/Zk3@proxy.example:3128', 'its user or password has a /, which is written %2F there.'],
  ['http://u:Zk3 a@proxy:3128', 'it has a space or a line break.'],
  ['http://u:Zk3@proxy:99999', 'the port is not from 1 to 65535'],
  ['http://u:Zk3@one:3128,two:3128', 'there are several hosts, where one is possible.'],
  ['http://u:Zk3@192.0.2.256:3128', 'the host is neither a name nor an address.'],
  ['http://u:Zk3@[fe80::1%25eth0]:3128', 'the host is neither a name nor an address.'],
  ['http://', 'there is no host.'],
  ['http://proxy:3128/Zk3', 'after the host comes something that is not a port.'],
  ['http://proxy:3128?Zk3', 'after the host comes something that is not a port.'],
  ['socks5://u:Zk3@proxy:1080', 'it does not begin with http:// or https://.'],
  // Node would not use it, and call directly.
  ['HTTP://u:Zk3@proxy:3128', 'it does not begin with http:// or https://.'],
])('HTTPS_PROXY cannot be %j, and neither a worker nor the API shows any part of it', (url, fault) => {
  expect(faultOf('HTTPS_PROXY', url)).toContain(fault);
  for (const faults of [
    faultsOf(() => workerConfig({ ...workerEnv, HTTPS_PROXY: url })),
    faultsOf(() => apiConfig({ ...apiEnv, https_proxy: url })),
  ])
    expect(faults.join()).not.toMatch(/Zk3|2024/);
});

test.each([
  ['http://proxy', 'http://proxy'],
  ['proxy.example:3128', 'http://proxy.example:3128'],
  ['http://proxy:3128/', 'http://proxy:3128/'],
  ['me:p%2F%23%5C%25@proxy:3128', 'http://me:p%2F%23%5C%25@proxy:3128'],
  ['https://me:p@ss@[2001:db8::1]:3128', 'https://me:p@ss@[2001:db8::1]:3128'],
])('HTTPS_PROXY can be %j', (HTTPS_PROXY, url) => {
  const { proxy } = workerConfig({ ...workerEnv, HTTPS_PROXY });
  expect(proxy.url).toBe(url);
  expect(() => openFetch(proxy)).not.toThrow();
});

test.each([
  ['postgres://me:Zk3/abc@host/db', 'its user or password has a /, which is written %2F there.'],
  ['postgresql://me:Zk3#abc@host/db', 'its user or password has a #, which is written %23 there.'],
  ['postgres://me:Zk3%xy@host/db', 'it has a % that begins no code such as %2F'],
  ['postgres://me:Zk3@one:5432,two:5432/db', 'there are several hosts, where one is possible.'],
  ['postgres://me:Zk3@host:99999/db', 'the port is not from 1 to 65535'],
  ['postgres:///db', 'there is no host.'],
  ['postgres://me:Zk3@host/db?sslmode=requre', 'its sslmode is none of disable, prefer, require'],
  ['postgres://host/db?sslrootcert=/no/such/file', 'its sslrootcert is not a file that can be read.'],
  ['postgres://host/db?sslkey=/no/such/file', 'its sslkey is not a file that can be read.'],
  ['mysql://me:Zk3@host/db', 'it begins with neither file: nor postgres://.'],
  ['file:', 'it names no file.'],
  ['file:./data/', 'it names no file.'],
  ['file:postgres://me:Zk3@host/db', 'after file: comes something that is not the path of a file.'],
  ['file://localhost/data/x.db', 'after file: comes something that is not the path of a file.'],
  ['file::memory:', 'after file: comes something that is not the path of a file.'],
  ['file:./data/x.db?mode=ro', 'its path has a ?, a # or a code such as %20'],
  ['file:./my%20data/x.db', 'its path has a ?, a # or a code such as %20'],
])('DATABASE_URL cannot be %j', (url, fault) => {
  expect(faultOf('DATABASE_URL', url)).toContain(fault);
  expect(faultOf('DATABASE_URL', url)).not.toContain('Zk3');
});

test('DATABASE_URL can name a file, a server, a socket, and files of TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-urls-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const certificate = join(folder, 'ca.pem');
  writeFileSync(certificate, '');
  for (const url of [
    'file:./data/100% new.db',
    'file:/var/lib/x.db',
    'file:///var/lib/x.db',
    'postgres://me:Zk3%2Fabc@host:5432/db?sslmode=verify-full',
    `postgres://host/db?sslrootcert=${certificate}`,
    'postgres:///db?host=/var/run/postgresql',
    'postgres://me@%2Fvar%2Frun%2Fpostgresql/db',
  ])
    expect(apiConfig({ ...apiEnv, DATABASE_URL: url }).databaseUrl).toBe(url);
});

test('the commands refuse the same addresses of the database', () => {
  const env = { ...apiEnv, DATABASE_URL: 'postgres://me:Zk3/abc@host/db' };
  for (const read of [databaseUrl, rotateConfig])
    expect(faultsOf(() => read(env))).toEqual([expect.stringContaining('written %2F there')]);
});

const webAddresses = [
  'SIMULATOR_URL',
  'VULTR_API_URL',
  'DIGITALOCEAN_API_URL',
  'HETZNER_API_URL',
  'CLOUDFLARE_API_URL',
];

test.each(webAddresses)('%s is checked like the others', (name) => {
  expect(faultOf(name, 'ftp://host/v2')).toContain('it does not begin with http://');
  expect(faultOf(name, 'https://me:Zk3@host/v2')).toBe('it has a user, a password or an @.');
  expect(faultOf(name, 'https://host/v2?key=Zk3')).toBe('it has a ?.');
  expect(faultOf(name, 'https://host/v2#Zk3')).toBe('it has a #, which is written %23.');
  expect(faultOf(name, 'https://host:99999/v2')).toContain('the port is not from 1 to 65535');
  expect(faultOf(name, 'https://one,two/v2')).toContain('there are several hosts');
  expect(faultOf(name, 'https:///v2')).toContain('there is no host.');
  expect(faultOf(name, 'https://192.0.2.256/v2')).toContain('the host is neither a name nor an address.');
  expect(faultsOf(() => workerConfig({ ...workerEnv, [name]: 'https://[::1]:8443/v2/' }))).toEqual([]);
});

test('the Sentinels need the name of the primary, and take the place of the host in REDIS_URL', () => {
  const { REDIS_URL: _, ...without } = workerEnv;
  const sentinels = { REDIS_SENTINELS: 'one:26380, [::1] ,three', REDIS_MASTER: 'shop' };
  const addresses = [
    { host: 'one', port: 26_380 },
    { host: '::1', port: 26_379 },
    { host: 'three', port: 26_379 },
  ];
  expect(workerConfig({ ...without, ...sentinels }).redis.sentinels).toEqual({
    addresses,
    master: 'shop',
    password: null,
  });
  const url = 'rediss://me:secret@ignored/1';
  expect(workerConfig({ ...without, ...sentinels, REDIS_URL: url, REDIS_SENTINEL_PASSWORD: 'other' }).redis).toEqual({
    url,
    sentinels: { addresses, master: 'shop', password: 'other' },
  });
  expect(faultsOf(() => workerConfig({ ...without, REDIS_SENTINELS: 'one' }))).toEqual([
    expect.stringMatching(/^REDIS_MASTER must be .*; it is not set\.$/),
  ]);
  expect(faultsOf(() => workerConfig({ ...workerEnv, REDIS_MASTER: 'shop' }))).toEqual([
    expect.stringMatching(/^REDIS_SENTINELS must be .*; it is not set\.$/),
  ]);
  expect(faultsOf(() => workerConfig(without))).toEqual([
    expect.stringMatching(/^REDIS_URL must be .*; it is not set\.$/),
  ]);
});

test.each(['one,', 'one:0', 'redis://:Zk3@one:26379', 'one:26379/0', 'one two'])(
  'REDIS_SENTINELS cannot be %j',
  (text) => {
    const faults = faultsOf(() => workerConfig({ ...workerEnv, REDIS_SENTINELS: text, REDIS_MASTER: 'shop' }));
    expect(faults).toEqual([expect.stringMatching(/^REDIS_SENTINELS must be .*; in its address \d .*\.$/)]);
    expect(faults.join()).not.toContain('Zk3');
  },
);
