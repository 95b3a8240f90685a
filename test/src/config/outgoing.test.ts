import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiConfig } from '#src/config/api.ts';
import { ownAuthorities } from '#src/config/commands.ts';
import { workerConfig } from '#src/config/worker.ts';
import { apiEnv, faultsOf, workerEnv } from './read-faults.ts';

const [first = '', second = ''] = rootCertificates;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-ca-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(text: string): string {
  const path = join(folder, 'ca.pem');
  writeFileSync(path, text);
  return path;
}

/** What the API, a worker and a command read from this CA_FILE. */
const readings = (CA_FILE: string) => [
  () => apiConfig({ ...apiEnv, CA_FILE }).authorities,
  () => workerConfig({ ...workerEnv, CA_FILE }).authorities,
  () => ownAuthorities({ CA_FILE }),
];

test('the certificates of CA_FILE are read one by one, and remarks between them are left out', () => {
  for (const read of readings(fileWith(`Our authority\n${first}\n\n# The old one\r\n${second}\n`)))
    expect(read()).toEqual([first.trim(), second.trim()]);
});

test('an empty CA_FILE, as compose mounts it, has no certificates', () => {
  for (const read of readings(fileWith(''))) expect(read()).toEqual([]);
  expect(workerConfig(workerEnv).authorities).toEqual([]);
});

test.each([
  ['no certificate', 'hello'],
  ['a key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'],
  ['half a certificate', first.slice(0, first.length / 2)],
  ['a broken certificate beside a good one', `${first}\n${second.replace(/\n[^\n]+\n/, '\n')}`],
])('a CA_FILE with %s is a fault that names the file', (_what, text) => {
  const path = fileWith(text);
  for (const read of readings(path))
    expect(faultsOf(read)).toEqual([`CA_FILE must be a file with certificates in PEM, but ${path} is not.`]);
});

test('a CA_FILE that is absent is a fault', () => {
  for (const read of readings('/no/such/ca.pem'))
    expect(faultsOf(read)).toEqual([
      'CA_FILE must be a file with certificates in PEM, but /no/such/ca.pem cannot be read (ENOENT).',
    ]);
});

const proxyOf = (env: Record<string, string>) => workerConfig({ ...workerEnv, ...env }).proxy;

test('the proxy is read from HTTPS_PROXY and NO_PROXY, in lower case first', () => {
  expect(proxyOf({})).toEqual({ url: null, except: '', ignored: null });
  expect(proxyOf({ HTTPS_PROXY: 'http://p:3128', NO_PROXY: '.a,b:1' })).toEqual({
    url: 'http://p:3128',
    except: '.a,b:1',
    ignored: null,
  });
  const both = { HTTPS_PROXY: 'http://upper:1', https_proxy: 'https://u:p@lower', NO_PROXY: 'x', no_proxy: 'y' };
  expect(proxyOf(both)).toMatchObject({ url: 'https://u:p@lower', except: 'y' });
  expect(proxyOf({ HTTPS_PROXY: 'http://upper:1', https_proxy: '' }).url).toBe('http://upper:1');
  expect(proxyOf({ HTTPS_PROXY: 'proxy.example:3128' }).url).toBe('http://proxy.example:3128');
});

test.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'])('%s is only remembered', (name) => {
  expect(proxyOf({ [name]: 'http://p:1' })).toEqual({ url: null, except: '', ignored: name });
});

test("a printed configuration does not show the proxy's password", () => {
  const config = workerConfig({ ...workerEnv, HTTPS_PROXY: 'http://u:hunter2@proxy:1' });
  expect(`${JSON.stringify(config)} ${inspect(config, { depth: 9 })}`).not.toContain('hunter2');
});
