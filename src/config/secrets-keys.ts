import { readFileSync } from 'node:fs';
import type { SealerKeys } from '#src/vpn/sealed.ts';
import type { Environment } from './read.ts';
import { type Values, variables } from './variables.ts';

interface Read {
  /** null: there are faults. */
  readonly keys: SealerKeys | null;
  readonly faults: readonly string[];
}

/** The keys of SECRETS_KEY and SECRETS_KEY_OLD, or else of SECRETS_KEY_FILE, and what is wrong with them. */
export function readSecretsKeys(values: Values, env: Environment): Read {
  const { SECRETS_KEY: current, SECRETS_KEY_OLD: old, SECRETS_KEY_FILE: file } = values;
  if (current !== null) return { keys: { current, old }, faults: [] };
  // What is wrong with one that is set has been told.
  if (env.SECRETS_KEY?.trim()) return { keys: null, faults: [] };
  if (file !== null) return readSecretsKeyFile(file);
  return { keys: null, faults: [`SECRETS_KEY (or SECRETS_KEY_FILE) must be ${mustBe}; \`npm start\` makes its own.`] };
}

const { mustBe, schema } = variables.SECRETS_KEY;

function readSecretsKeyFile(path: string): Read {
  const lines = linesOf(path);
  if (typeof lines === 'string') return { keys: null, faults: [lines] };
  const [current, old = null, ...more] = lines.map((line) => schema.safeParse(line).data ?? null);
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
    return `SECRETS_KEY_FILE must be a file that can be read, but ${path} is not (${code}).`;
  }
}
