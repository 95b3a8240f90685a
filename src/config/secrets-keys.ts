import { readFileSync } from 'node:fs';
import type { SealerKeys } from '#src/vpn/sealed.ts';
import { ConfigError, type Environment, given, missing } from './read.ts';
import { type Values, variables } from './variables.ts';

interface Read {
  /** null: there are faults. */
  readonly keys: SealerKeys | null;
  readonly faults: readonly string[];
}

/** The keys of SECRETS_KEY and SECRETS_KEY_OLD, or else of SECRETS_KEY_FILE, and what is wrong with them. */
export function readSecretsKeys(values: Values, env: Environment): Read {
  const { SECRETS_KEY: current, SECRETS_KEY_OLD: old } = values;
  if (current !== null) return { keys: { current, old }, faults: [] };
  // What is wrong with one that is set has been told.
  if (env.SECRETS_KEY?.trim()) return { keys: null, faults: [] };
  return readSecretsKeyFile(given(values, 'SECRETS_KEY_FILE'), old);
}

const { mustBe, schema } = variables.SECRETS_KEY;

function readSecretsKeyFile(path: string, older: Buffer | null): Read {
  const lines = linesOf(path);
  if (typeof lines === 'string') return { keys: null, faults: [lines] };
  const [current, old = older, ...more] = lines.map((line) => schema.safeParse(line).data ?? null);
  if (current && more.length === 0 && (lines.length === 1 || old)) return { keys: { current, old }, faults: [] };
  const fault = `SECRETS_KEY_FILE must hold the key in a line, and at most one old key in the next, but ${path} does not; a key is ${mustBe}.`;
  return { keys: null, faults: [fault] };
}

/** What is wrong, where the file cannot be read. */
function linesOf(path: string): string[] | string {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines.map((line) => line.replace(/^\s*#.*$/, '').trim()).filter(Boolean);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return `SECRETS_KEY must be ${mustBe}, or SECRETS_KEY_FILE a file that holds it; ${path} cannot be read (${code}).`;
  }
}

/** Only after the faults of reading them were told. */
export function requireKeys(keys: SealerKeys | null): SealerKeys {
  if (!keys) throw new ConfigError([missing('SECRETS_KEY')]);
  return keys;
}
