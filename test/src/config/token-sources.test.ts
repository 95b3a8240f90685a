import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiConfig } from '#src/config/api.ts';
import { apiEnv, faultsOf, workerEnv } from './read-faults.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-tokens-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('tokens', () => {
  test('come from the variable and from the file', () => {
    const file = join(folder, 'tokens');
    writeFileSync(file, '# made by hand\nboss:operator:secret:with:colons\n\n  look:viewer:another-secret  \n');
    const { tokens } = apiConfig({ ...apiEnv, API_TOKENS_FILE: file });
    expect(tokens.map(({ name, role }) => `${name} ${role}`)).toEqual([
      'shop storefront',
      'boss operator',
      'look viewer',
    ]);
    expect(tokens[1]?.digest).toEqual(
      apiConfig({ ...workerEnv, API_TOKENS: 'x:operator:secret:with:colons' }).tokens[0]?.digest,
    );
  });

  test('are required', () => {
    expect(faultsOf(() => apiConfig(workerEnv))).toEqual([expect.stringContaining('API_TOKENS (or API_TOKENS_FILE)')]);
  });

  test('need long secrets if others can reach the API', () => {
    const short = { ...workerEnv, API_TOKENS: 'shop:storefront:short' };
    expect(faultsOf(() => apiConfig(short))).toEqual([]);
    for (const HOST of ['0.0.0.0', '::', '192.0.2.1', 'example.com', '127.0.0.1.example.com']) {
      expect(
        faultsOf(() => apiConfig({ ...short, HOST })),
        HOST,
      ).toEqual([expect.stringContaining('at least 24')]);
      expect(
        faultsOf(() => apiConfig({ ...apiEnv, HOST })),
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
  ])('are refused with %s', (_what, API_TOKENS, message) => {
    expect(faultsOf(() => apiConfig({ ...workerEnv, API_TOKENS }))).toEqual([expect.stringContaining(message)]);
  });

  test('are refused if their file cannot be read', () => {
    expect(faultsOf(() => apiConfig({ ...apiEnv, API_TOKENS_FILE: join(folder, 'none') }))).toEqual([
      expect.stringMatching(/^API_TOKENS_FILE must be .*none is not \(ENOENT\)\.$/),
    ]);
  });
});
