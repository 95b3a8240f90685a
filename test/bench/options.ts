import { parseArgs } from 'node:util';

export interface Options {
  /** Only the structure is counted and compared with its limits. */
  readonly quick: boolean;
  /** Adds the backlog of a million. */
  readonly large: boolean;
  /** Our side uses a temporary Postgres instead of SQLite. */
  readonly postgres: boolean;
  /** Names of the scenarios to run; empty: all. */
  readonly only: readonly string[];
  /** Replaces each scenario's own number of passes. */
  readonly passes: number | null;
  /** The file to which every measure is appended, one JSON object a line. */
  readonly jsonl: string | null;
  /** The file to write the figures to, as a Markdown table. */
  readonly markdown: string | null;
  /** The folder for the charts. */
  readonly charts: string | null;
  readonly help: boolean;
}

/** An invalid option; the message says which and what is possible. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

/** Throws OptionError. `names`: the scenarios that exist. */
export function readOptions(args: readonly string[], names: readonly string[]): Options {
  const values = parse(args);
  const unknown = values.only.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new OptionError(`There is no scenario ${unknown.join(', ')}. The scenarios are ${names.join(', ')}.`);
  if (values.quick && values.only.length > 0)
    throw new OptionError('--quick runs the scenario structure alone, so it cannot be combined with --only.');
  const { jsonl = null, markdown = null, charts = null } = values;
  return { ...values, jsonl, markdown, charts, passes: passesIn(values.passes) };
}

function parse(args: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const;
  const text = { type: 'string' } as const;
  const only = { type: 'string', multiple: true, default: [] as string[] } as const;
  const flags = { quick: flag, large: flag, postgres: flag, help: flag };
  const options = { ...flags, only, passes: text, jsonl: text, markdown: text, charts: text };
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message.split('. ')[0] : String(error);
    throw new OptionError(`${message}. --help lists all options.`);
  }
}

function passesIn(given: string | undefined): number | null {
  if (given === undefined) return null;
  if (!/^[1-9]\d?$/.test(given)) throw new OptionError(`--passes must be a number from 1 to 99, not "${given}".`);
  return Number(given);
}
