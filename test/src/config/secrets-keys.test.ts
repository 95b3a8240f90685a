import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiConfig } from '#src/config/api.ts';
import { workerConfig } from '#src/config/worker.ts';
import { secretsKey } from '../../secrets-key.ts';
import { apiEnv, faultsOf } from './read-faults.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-secrets-key-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the key that seals secrets', () => {
  const { SECRETS_KEY: _, ...without } = apiEnv;
  const [key, old] = [secretsKey, Buffer.alloc(32, 'an old key').toString('base64')];
  const keysOf = (env: Record<string, string>) => {
    const { current, old } = apiConfig({ ...without, ...env }).secretsKeys;
    return [current, old].map((key) => key?.toString('base64') ?? null);
  };

  test('comes from the variables, otherwise from the file', () => {
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

  test('is required for the API and for the worker', () => {
    const { API_TOKENS: __, ...worker } = without;
    const file = { SECRETS_KEY_FILE: join(folder, 'none') };
    const reads = [() => apiConfig({ ...without, ...file }), () => workerConfig({ ...worker, ...file })];
    for (const read of reads) {
      expect(faultsOf(read)).toEqual([
        expect.stringMatching(
          /^SECRETS_KEY must be .* `openssl rand -base64 32` makes them, or SECRETS_KEY_FILE a file that holds it; the file that is set cannot be read \(ENOENT\)\.$/,
        ),
      ]);
    }
  });

  test.each(['hunter2', `${secretsKey}AAAA`, secretsKey.slice(4), '-'.repeat(43)])(
    'is refused once and never shown if it is not 32 bytes: %s',
    (SECRETS_KEY) => {
      for (const env of [{ SECRETS_KEY }, { SECRETS_KEY: key, SECRETS_KEY_OLD: SECRETS_KEY }]) {
        const faults = faultsOf(() => apiConfig({ ...without, ...env }));
        expect(faults).toEqual([expect.stringMatching(/^SECRETS_KEY(_OLD)? must be 32 random bytes in base64/)]);
        expect(faults.join()).not.toContain(SECRETS_KEY);
      }
    },
  );

  test('is refused if it is zeros or repeats, but may be the old key, so that it can be changed', () => {
    const file = join(folder, 'weak');
    for (const weak of [Buffer.alloc(32), Buffer.alloc(32, 0xff), Buffer.alloc(32, 'passwd')]) {
      const text = weak.toString('base64');
      writeFileSync(file, text);
      for (const [name, env] of [
        ['SECRETS_KEY', { SECRETS_KEY: text }],
        ['SECRETS_KEY_FILE', { SECRETS_KEY_FILE: file }],
      ] as const) {
        const faults = faultsOf(() => apiConfig({ ...without, ...env }));
        expect(faults).toEqual([
          expect.stringMatching(new RegExp(`^The key of ${name} must be .*; it is not random\\.$`)),
        ]);
        expect(faults.join()).not.toContain(text);
      }
      expect(keysOf({ SECRETS_KEY: key, SECRETS_KEY_OLD: text })).toEqual([key, text]);
    }
  });

  test.each(['', '# nothing\n', 'hunter2', `${secretsKey}\nhunter2`, `${secretsKey}\n${secretsKey}\n${secretsKey}`])(
    'is refused in a file with other content: %j',
    (text) => {
      const file = join(folder, 'odd');
      writeFileSync(file, text);
      const faults = faultsOf(() => apiConfig({ ...without, SECRETS_KEY_FILE: file }));
      expect(faults).toEqual([expect.stringMatching(/^SECRETS_KEY_FILE must hold .*openssl/)]);
      expect(faults.join()).not.toMatch(/hunter2|a2V5/);
    },
  );
});
