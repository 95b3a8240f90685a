import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiConfig } from '#src/config/api.ts';
import { apiEnv, faultsOf, workerEnv } from './read-faults.ts';

const colons = 'a:secret:with:many:colons';
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-tokens-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('tokens', () => {
  test('come from the variable and from the file', () => {
    const file = join(folder, 'tokens');
    writeFileSync(file, `# made by hand\nboss:operator:${colons}\n\n  look:viewer:${'another-'.repeat(3)}  \n`);
    const { tokens } = apiConfig({ ...apiEnv, API_TOKENS_FILE: file });
    expect(tokens.map(({ name, role }) => `${name} ${role}`)).toEqual([
      'shop storefront',
      'boss operator',
      'look viewer',
    ]);
    expect(tokens[1]?.digest).toEqual(
      apiConfig({ ...workerEnv, API_TOKENS: `x:operator:${colons}` }).tokens[0]?.digest,
    );
  });

  test('are required', () => {
    expect(faultsOf(() => apiConfig(workerEnv))).toEqual([expect.stringContaining('API_TOKENS (or API_TOKENS_FILE)')]);
  });

  test.each(['short', 'twenty-three-characters', '0'.repeat(48), 'abcdefg'.repeat(6)])(
    'need a long random secret at every address, which %s is not',
    (secret) => {
      for (const HOST of ['', '127.0.0.1', 'localhost', '0.0.0.0', '::', 'example.com']) {
        const faults = faultsOf(() => apiConfig({ ...workerEnv, HOST, API_TOKENS: `shop:storefront:${secret}` }));
        expect(faults, HOST).toEqual([expect.stringMatching(/^Token 1 of API_TOKENS \(shop\) .* at least 24 random/)]);
        expect(faults.join()).not.toContain(secret);
        expect(faultsOf(() => apiConfig({ ...apiEnv, HOST }))).toEqual([]);
      }
    },
  );

  test.each([
    ['a name twice', `a:viewer:${colons},a:operator:${colons}2`, 'Two tokens are named a'],
    ['a secret twice', `a:viewer:${colons},b:operator:${colons}`, 'the same secret'],
    ['no secret', 'a:viewer:', 'a secret without spaces'],
    ['an unknown role', 'a:admin:one', 'one of the roles'],
    ['a name in capitals', 'A:viewer:one', 'lower-case'],
  ])('are refused with %s', (_what, API_TOKENS, message) => {
    expect(faultsOf(() => apiConfig({ ...workerEnv, API_TOKENS }))).toEqual([expect.stringContaining(message)]);
  });

  test('are refused if their file cannot be read', () => {
    expect(faultsOf(() => apiConfig({ ...apiEnv, API_TOKENS_FILE: join(folder, 'none') }))).toEqual([
      expect.stringMatching(/^API_TOKENS_FILE must be .*, but it is not \(ENOENT\)\.$/),
    ]);
  });
});
