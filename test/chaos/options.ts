import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface Options {
  readonly quick: boolean;
  readonly seed: number;
  /** The ids to run, or beginnings of them; empty: all. */
  readonly only: readonly string[];
  /** Instead of each scenario's own number of runs. */
  readonly runs: number | null;
  /** How long a scenario that goes on for a time does: 30, in the quick set 1.5. */
  readonly minutes: number | null;
  /** Scenarios at the same time, each with an installation of its own. */
  readonly lanes: number;
  /** Leaves logs and database of every installation, not only of those that failed. */
  readonly keep: boolean;
  /** A file that gets the figures as a Markdown table. */
  readonly report: string | null;
  readonly list: boolean;
}

export const usage = `npm run chaos -- [--quick] [--seed N] [--only ID]… [--runs N] [--minutes N] [--lanes N] [--report FILE] [--keep] [--list]

  --quick   the short set, under 5 minutes
  --seed    repeats the runs of an earlier seed
  --only    the scenario of this id; where there is none, those whose id begins like this
  --runs    runs of each scenario, instead of its own number
  --minutes how long nemesis goes on, instead of 30 (in the quick set 1.5)
  --lanes   scenarios at the same time (2)
  --report  writes the figures as a Markdown table
  --keep    leaves logs and databases where they are
  --list    says what there is
`;

/** Whether `--only` means the id. `redis-away-2` is not `redis-away-20`, and `redis-away` is both. */
export function isSelected(id: string, only: Options['only'], ids: readonly string[]): boolean {
  return only.some((word) => (ids.includes(word) ? id === word : id.startsWith(word)));
}

/** Throws with a sentence where an option is wrong. */
export function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ quick: flag, list: flag, keep: flag, seed: text, runs: text, lanes: text, minutes: text, report: text },
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
    ...{ quick: values.quick, keep: values.keep, list: values.list, only: values.only, report: values.report ?? null },
    ...{ seed: number('seed') ?? randomInt(1_000_000), runs: number('runs'), lanes: number('lanes') ?? 2 },
  };
}
