import { OperatorError } from '#db/errors.ts';
import type { Environment } from './environment.ts';
import { isSet, type Text, textOf } from './secret-files.ts';
import type { ProcessName, Variable } from './variables/variable.ts';
import { type Values, type VariableName, variables } from './variables.ts';

/** The environment holds no valid configuration; the message lists every fault. */
export class ConfigError extends OperatorError {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(['The configuration is not usable:', ...faults.map((fault) => `  - ${fault}`)].join('\n'));
    this.faults = faults;
  }
}

export interface Reading {
  readonly values: Values;
  readonly faults: readonly string[];
}

/** Reads the variables of one process, also from files (`<NAME>_FILE`). An empty variable counts as not set. */
export function readVariables(env: Environment, process: ProcessName): Reading {
  return readWhere(env, (_, { processes }) => processes.includes(process));
}

/** Reads only these variables, and ignores faults of the others. */
export function readNamed(env: Environment, names: readonly VariableName[]): Reading {
  return readWhere(env, (name) => names.some((wanted) => wanted === name));
}

function readWhere(env: Environment, isWanted: (name: string, variable: Variable<unknown>) => boolean): Reading {
  const results = Object.entries(variables).map(([name, variable]) => {
    const result = isWanted(name, variable) ? parse(name, textOf(name, env), variable) : notRead;
    return { name, ...result };
  });
  // Each value was parsed by the schema of the variable with its name.
  const values = Object.fromEntries(results.map(({ name, value }) => [name, value])) as Values;
  return { values, faults: results.flatMap(({ fault }) => fault ?? []) };
}

interface Parsed {
  readonly value: unknown;
  readonly fault: string | null;
}

const notRead: Parsed = { value: null, fault: null };

function parse(name: string, found: Text, variable: Variable<unknown>): Parsed {
  if ('fault' in found) return { value: null, fault: found.fault };
  const { schema, fallback, mustBe, faultIn } = variable;
  const text = found.text ?? fallback;
  if (text === null) return notRead;
  const fault = faultIn?.(text) ?? null;
  if (fault !== null) return { value: null, fault: `${name} must be ${mustBe}; ${fault}.` };
  const result = schema.safeParse(text);
  if (result.success) return { value: result.data, fault: null };
  return { value: null, fault: `${name} must be ${mustBe}${shownValue(text, variable)}.` };
}

/** A text with an `@` may be an address with a password. */
function shownValue(text: string, { secret, faultIn }: Variable<unknown>): string {
  return secret || faultIn || text.includes('@') ? '' : `, but is ${JSON.stringify(text.slice(0, 80))}`;
}

/** The fault of a required variable that is not set. */
export function missing(name: VariableName): string {
  return `${name} must be ${variables[name].mustBe}; it is not set.`;
}

/** The value of a variable that has a fallback or that `required` has checked. Throws ConfigError if there is none. */
export function given<Name extends VariableName>(values: Values, name: Name): NonNullable<Values[Name]> {
  const value = values[name];
  if (value === null || value === undefined) throw new ConfigError([missing(name)]);
  return value;
}

/** One fault for each of these variables that is not set. */
export function required({ values }: Reading, env: Environment, names: readonly VariableName[]): string[] {
  return names.filter((name) => values[name] === null && !isSet(name, env)).map(missing);
}

/** Throws ConfigError if there are faults. */
export function assertNoFaults(faults: readonly string[]): void {
  if (faults.length > 0) throw new ConfigError(faults);
}
