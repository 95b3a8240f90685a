import type { Installation } from './installation.ts';
import type { Random } from './random.ts';
import type { Setting } from './setting.ts';

/** One way to hurt the service, and what is promised all the same. Each is a small file in scenarios/. */
export interface Scenario {
  /** Short, in lower case with dashes; `--only` takes it, or its beginning. */
  readonly id: string;
  /** What is done to the service, as a sentence for docs/reliability.md. */
  readonly about: string;
  /** How many runs make the proof; 0: it is left out. */
  readonly runs: { readonly full: number; readonly quick: number };
  /** How many of them go on at the same time in the one installation: 1. */
  readonly atOnce?: number;
  readonly setting?: Setting;
  /** What this machine lacks for it, in words that say what to install; null: nothing. */
  readonly whyNot?: () => string | null;
  readonly promise?: Promised;
  /** What at least half of the runs must note: without it they have missed what they are for. */
  readonly aim?: string;
  /** One run: hurt it, and tell what was seen. The check at the end of all runs heals it before. Throwing fails the run. */
  run(stage: Stage): Promise<void>;
}

/** What is promised beyond "nothing lost, nothing doubled, nothing orphaned". */
export interface Promised {
  /** Of `recovered`, in seconds. */
  readonly p95Seconds?: number;
  readonly worstSeconds?: number;
  /** Commands may be refused, or purchases end as failed with an alert, since the cloud would not make the machine. */
  readonly mayFail?: true;
  /** Two machines may have been made of one name, side by side for so long at most; 0: one after the other. */
  readonly mayDoubleForSeconds?: number;
  /** How long a machine may outlive its server where the provider hinders its removal: 120. */
  readonly orphanSeconds?: number;
  /** How long the quiet may take after everything is healed: 120. */
  readonly quietWithinSeconds?: number;
  /** Kinds of alerts that may be left, since only a person can end them. */
  readonly alertsLeft?: readonly string[];
  /** The cloud itself takes machines away, so that a name can point at none. */
  readonly namesMayDangle?: true;
}

export interface Stage {
  readonly installation: Installation;
  /** From 0; different for each run of the scenario. */
  readonly index: number;
  /** How long a scenario that goes on for a time does. */
  readonly minutes: number;
  /** Of this run alone: the seed, the scenario and the index make it. */
  readonly random: Random;
  /** How long the service took to go on after what was done to it, in ms. */
  recovered(ms: number): void;
  /** A promise that was seen broken and that the check at the end would not see. */
  broken(words: string): void;
  /** A figure for the report, such as `slowest purchase: 84 ms`. */
  note(words: string): void;
}
