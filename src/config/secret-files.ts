import { readFileSync } from 'node:fs';
import type { Environment } from './environment.ts';
import { type VariableName, variables } from './variables.ts';

/** The text of a variable; undefined: it is not set. `fault`: its file cannot be used. */
export type Text = { readonly text: string | undefined } | { readonly fault: string };

/**
 * The variable that names a file with this secret, `<NAME>_FILE`. null: the variable is no secret, or its file has a
 * format of its own.
 */
export function fileVariableOf(name: string): string | null {
  const fileVariable = `${name}_FILE`;
  if (!isVariable(name) || !variables[name].secret || isVariable(fileVariable)) return null;
  return fileVariable;
}

/** The variable's own text, or else the content of the file that holds the secret. An empty variable is not set. */
export function textOf(name: string, env: Environment): Text {
  const text = env[name]?.trim();
  const fileVariable = fileVariableOf(name);
  const path = fileVariable ? env[fileVariable]?.trim() : undefined;
  return text || !path ? { text: text || undefined } : textIn(path, `${fileVariable}`);
}

/** Whether the variable or its file is named in the environment. */
export function isSet(name: VariableName, env: Environment): boolean {
  const fileVariable = fileVariableOf(name);
  return Boolean(env[name]?.trim() || (fileVariable && env[fileVariable]?.trim()));
}

function isVariable(name: string): name is VariableName {
  return Object.hasOwn(variables, name);
}

function textIn(path: string, fileVariable: string): Text {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return text ? { text } : { fault: `${fileVariable} must be a file that holds the value, but ${path} is empty.` };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unreadable';
    return { fault: `${fileVariable} must be a file that can be read, but ${path} is not (${code}).` };
  }
}
