import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface Options {
  readonly quick: boolean;
  readonly seed: number;
  /** Ids, or beginnings of ids, to run; empty: all. */
  readonly only: readonly string[];
  /** Replaces each scenario's own number of runs. */
  readonly runs: number | null;
  /** Duration of a scenario without its own end. Default 30, and 1.5 in the quick set. */
  readonly minutes: number | null;
  /** How many scenarios run at the same time, each with its own installation. */
  readonly lanes: number;
  /** Keeps logs and database of every installation, not only of failed ones. */
  readonly keep: boolean;
  /** The file to write the figures to, as a Markdown table. */
  readonly report: string | null;
  readonly list: boolean;
  readonly help: boolean;
}

export const usage = `npm run chaos -- [--quick] [--seed N] [--only ID]… [--runs N] [--minutes N] [--lanes N] [--report FILE] [--keep] [--list]
                  [--help]

  --quick   the short set, under 5 minutes
  --seed    repeats the faults of an earlier run with this seed
  --only    the scenario with this id; if there is none, all scenarios whose id begins with it
  --runs    the number of runs of each scenario, instead of its own
  --minutes the duration of nemesis: 30 by default, 1.5 in the quick set
  --lanes   the number of scenarios that run at the same time (2)
  --report  writes the figures to this file as a Markdown table
  --keep    keeps logs and databases also where no promise broke
  --list    prints all scenarios
  --help    prints this
`;

/** Whether `--only` selects the id: `redis-away-2` does not select `redis-away-20`, but `redis-away` selects both. */
export function isSelected(id: string, only: Options['only'], ids: readonly string[]): boolean {
  return only.some((word) => (ids.includes(word) ? id === word : id.startsWith(word)));
}

/** Throws with a sentence if an option is invalid. */
export function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: flag,
      list: flag,
      help: flag,
      keep: flag,
      seed: text,
      runs: text,
      lanes: text,
      minutes: text,
      report: text,
      only: { type: 'string', multiple: true, default: [] },
    },
  });
  const number = (name: 'seed' | 'runs' | 'lanes'): number | null => {
    const value = values[name];
    if (value === undefined) return null;
    if (!/^\d{1,9}$/.test(value) || (Number(value) === 0 && name !== 'seed'))
      throw new Error(`--${name} must be a whole number, not "${value}".\n\n${usage}`);
    return Number(value);
  };
  const minutes = values.minutes === undefined ? null : Number(values.minutes);
  if (minutes !== null && !(minutes > 0 && minutes <= 1440))
    throw new Error(`--minutes must be a number of minutes, not "${values.minutes}".\n\n${usage}`);
  return {
    minutes,
    quick: values.quick,
    keep: values.keep,
    list: values.list,
    help: values.help,
    only: values.only,
    report: values.report ?? null,
    seed: number('seed') ?? randomInt(1_000_000),
    runs: number('runs'),
    lanes: number('lanes') ?? 2,
  };
}
