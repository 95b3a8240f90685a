import type { Environment } from './environment.ts';
import { isSet, textOf } from './secret-files.ts';
import type { ProcessName, Variable } from './variables/variable.ts';
import { type VariableName, variables } from './variables.ts';

/** One variable of a process, for people. */
export interface ShownSetting {
  readonly name: string;
  /** null: it is not set and has no fallback, or it must not be shown. */
  readonly value: string | null;
  readonly source: 'set' | 'default' | 'not set';
  readonly isSecret: boolean;
  readonly about: string;
}

/** Every variable that the process reads. A secret's value and the password of an address are left out. */
export function shownSettings(env: Environment, process: ProcessName): ShownSetting[] {
  return Object.entries<Variable<unknown>>(variables)
    .filter(([, { processes }]) => processes.includes(process))
    .map(([name, variable]) => shownSetting(name as VariableName, variable, env));
}

function shownSetting(name: VariableName, variable: Variable<unknown>, env: Environment): ShownSetting {
  const { secret: isSecret, fallback, about } = variable;
  if (isSet(name, env)) return { name, value: isSecret ? null : shownValue(name, env), source: 'set', isSecret, about };
  return {
    name,
    value: isSecret ? null : fallback,
    source: fallback === null ? 'not set' : 'default',
    isSecret,
    about,
  };
}

/** An address keeps its host and its path; what stands before the @ or after a question mark may be a secret. */
function shownValue(name: VariableName, env: Environment): string | null {
  const found = textOf(name, env);
  if ('fault' in found || found.text === undefined) return null;
  return found.text.replace(/\/\/.*@/s, '//[…]@').replace(/\?.*/s, '?[…]');
}
