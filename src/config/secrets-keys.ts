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
  if (current !== null) return checked({ current, old }, 'SECRETS_KEY');
  // The variable is set and invalid. Its fault is reported with those of the other variables.
  if (env.SECRETS_KEY?.trim()) return { keys: null, faults: [] };
  return readSecretsKeyFile(shownFile(values, env), old);
}

const { mustBe, schema } = variables.SECRETS_KEY;

interface KeyFile {
  readonly path: string;
  /** The path for a message. A path that is set is not shown: it is a key if somebody has confused the two variables. */
  readonly shown: string;
}

function shownFile(values: Values, env: Environment): KeyFile {
  const path = given(values, 'SECRETS_KEY_FILE');
  return { path, shown: env.SECRETS_KEY_FILE?.trim() ? 'the file that is set' : path };
}

function readSecretsKeyFile({ path, shown }: KeyFile, oldFromVariable: Buffer | null): KeysRead {
  const read = readLines(path);
  if ('code' in read) return { keys: null, faults: [unreadable(shown, read.code)] };
  const [current, old = oldFromVariable, ...more] = read.lines.map((line) => schema.safeParse(line).data ?? null);
  if (current && more.length === 0 && (read.lines.length === 1 || old))
    return checked({ current, old }, 'SECRETS_KEY_FILE');
  const fault = `SECRETS_KEY_FILE must hold the key on one line, and at most one old key on the next, but ${shown} does not; a key is ${mustBe}.`;
  return { keys: null, faults: [fault] };
}

function unreadable(shown: string, code: string): string {
  return `SECRETS_KEY must be ${mustBe}, or SECRETS_KEY_FILE a file that holds it; ${shown} cannot be read (${code}).`;
}

/** Random keys have more. */
const minDifferentBytes = 8;

/** Refuses zeros and other texts that repeat, except as the old key: that one is about to be replaced. */
function checked(keys: SealerKeys, source: string): KeysRead {
  if (new Set(keys.current).size >= minDifferentBytes) return { keys, faults: [] };
  return { keys: null, faults: [`The key of ${source} must be ${mustBe}; it is not random.`] };
}

/** Throws ConfigError if there are no keys. Call it after the check of the faults. */
export function requireKeys(keys: SealerKeys | null): SealerKeys {
  if (!keys) throw new ConfigError([missing('SECRETS_KEY')]);
  return keys;
}
