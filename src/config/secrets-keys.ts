import type { SealerKeys } from '#src/vpn/sealed.ts';
import type { Environment } from './environment.ts';
import { readLines } from './file-lines.ts';
import { ConfigError, given, missing } from './read.ts';
import { type Values, variables } from './variables.ts';

interface KeysRead {
  /** null: there are faults. */
  readonly keys: SealerKeys | null;
  readonly faults: readonly string[];
}

/** The keys of SECRETS_KEY and SECRETS_KEY_OLD, or else of SECRETS_KEY_FILE, and their faults. */
export function readSecretsKeys(values: Values, env: Environment): KeysRead {
  const { SECRETS_KEY: current, SECRETS_KEY_OLD: old } = values;
  if (current !== null) return { keys: { current, old }, faults: [] };
  // The variable is set and invalid. Its fault is reported with those of the other variables.
  if (env.SECRETS_KEY?.trim()) return { keys: null, faults: [] };
  return readSecretsKeyFile(given(values, 'SECRETS_KEY_FILE'), old);
}

const { mustBe, schema } = variables.SECRETS_KEY;

function readSecretsKeyFile(path: string, oldFromVariable: Buffer | null): KeysRead {
  const read = readLines(path);
  if ('code' in read) return { keys: null, faults: [unreadable(path, read.code)] };
  const [current, old = oldFromVariable, ...more] = read.lines.map((line) => schema.safeParse(line).data ?? null);
  if (current && more.length === 0 && (read.lines.length === 1 || old)) return { keys: { current, old }, faults: [] };
  const fault = `SECRETS_KEY_FILE must hold the key on one line, and at most one old key on the next, but ${path} does not; a key is ${mustBe}.`;
  return { keys: null, faults: [fault] };
}

function unreadable(path: string, code: string): string {
  return `SECRETS_KEY must be ${mustBe}, or SECRETS_KEY_FILE a file that holds it; ${path} cannot be read (${code}).`;
}

/** Throws ConfigError if there are no keys. Call it after the check of the faults. */
export function requireKeys(keys: SealerKeys | null): SealerKeys {
  if (!keys) throw new ConfigError([missing('SECRETS_KEY')]);
  return keys;
}
