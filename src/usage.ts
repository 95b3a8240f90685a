import { parseArgs } from 'node:util';
import { OperatorError } from '#db/errors.ts';

/** The arguments of a command are wrong; the message shows the right ones. */
export class UsageError extends OperatorError {
  override readonly name = 'UsageError';
}

/** The arguments that a program takes besides `--help`. */
export interface Usage {
  /** The text of `--help`. Its first line has the form of a call. */
  readonly help: string;
  readonly options?: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>;
  /** The largest number of arguments without a name. Default: 0. */
  readonly positionals?: number;
}

export interface Given {
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
}

/** The arguments of this process; null: they ask for help, and the program does nothing else. Throws UsageError. */
export function readArguments({ help, options = {}, positionals: most = 0 }: Usage): Given | null {
  const { values, positionals } = parsed(help, options);
  if (values.help) return null;
  if (positionals.length > most) throw wrong(help, `Unexpected argument '${positionals[most]}'`);
  return { values, positionals };
}

function parsed(help: string, options: NonNullable<Usage['options']>) {
  try {
    const all = { ...options, help: { type: 'boolean', short: 'h' } } as const;
    return parseArgs({ options: all, allowPositionals: true });
  } catch (error) {
    // The second sentence of Node's message explains how to give a file name that begins with a dash.
    throw wrong(help, error instanceof Error ? error.message.split('. ')[0] : String(error));
  }
}

function wrong(help: string, fault: string | undefined): UsageError {
  return new UsageError(`${fault}.\n${help.split('\n')[0]}`);
}
