import type { Installation } from './installation.ts';
import type { Random } from './random.ts';

/** The tools of one run of a scenario. */
export interface Stage {
  readonly installation: Installation;
  /** The number of the run, from 0. */
  readonly index: number;
  /** Duration of a scenario without its own end. */
  readonly minutes: number;
  /** The random numbers of this run. They depend on the seed, the scenario and the index. */
  readonly random: Random;
  /** Records how long the service took to recover, in ms. */
  recovered(ms: number): void;
  /** Records a broken promise that the check at the end would not find. */
  broken(message: string): void;
  /** Adds a figure to the report, such as `slowest purchase: 84 ms`. */
  note(text: string): void;
}
