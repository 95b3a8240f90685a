import type { Measure } from './measure.ts';
import type { Postgres } from './rig.ts';

export interface ScenarioContext {
  readonly postgres: Postgres;
  readonly large: boolean;
  /** Prints a line besides the figures, such as the reason why a part is skipped. */
  note(line: string): void;
}

export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** Runs only if `--only` names it. */
  readonly onlyNamed?: boolean;
  /** Passes of a run without `--passes`. */
  readonly passes: number;
  /** One pass: ours and each peer, one after the other. */
  run(context: ScenarioContext): Promise<Measure[]>;
}
