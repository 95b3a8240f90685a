import { OperatorError } from '#db/errors.ts';
import { type ProcessName, type Values, type Variable, type VariableName, variables } from './variables.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment does not make a configuration; the message lists every fault of it. */
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

/** Reads the variables of one process. A variable set to nothing counts as not set. */
export function readVariables(env: Environment, process: ProcessName): Reading {
  return readThose(env, (_, { processes }) => processes.includes(process));
}

/** Reads these variables alone, whatever the others say. */
export function readNamed(env: Environment, names: readonly VariableName[]): Reading {
  return readThose(env, (name) => names.some((wanted) => wanted === name));
}

function readThose(env: Environment, wanted: (name: string, variable: Variable<unknown>) => boolean): Reading {
  const faults: string[] = [];
  const entries = Object.entries(variables).map(([name, variable]): [string, unknown] => {
    if (!wanted(name, variable)) return [name, null];
    return [name, readVariable(env, name, variable, faults)];
  });
  // Each entry was made by the schema of the variable with its name.
  return { values: Object.fromEntries(entries) as Values, faults };
}

function readVariable(env: Environment, name: string, variable: Variable<unknown>, faults: string[]): unknown {
  const text = env[name]?.trim() || variable.fallback;
  if (text === null) return null;
  const result = variable.schema.safeParse(text);
  if (result.success) return result.data;
  const given = variable.secret ? '' : `, but is ${JSON.stringify(text.slice(0, 80))}`;
  faults.push(`${name} must be ${variable.mustBe}${given}.`);
  return null;
}

/** The fault of a variable that must be set and is not. */
export function missing(name: VariableName): string {
  return `${name} must be ${variables[name].mustBe}; it is not set.`;
}

/** Only for variables with a fallback, or that `required` has asked for. */
export function given<Name extends VariableName>(values: Values, name: Name): NonNullable<Values[Name]> {
  const value = values[name];
  if (value === null || value === undefined) throw new ConfigError([missing(name)]);
  return value;
}

/** The faults of those variables that are not set. */
export function required({ values }: Reading, env: Environment, names: readonly VariableName[]): string[] {
  return names.filter((name) => values[name] === null && !env[name]?.trim()).map(missing);
}

/** Throws ConfigError where there are any. */
export function assertSound(faults: readonly string[]): void {
  if (faults.length > 0) throw new ConfigError(faults);
}
