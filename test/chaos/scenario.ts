import type { Setting } from './setting.ts';
import type { Stage } from './stage.ts';

/** One way to inject faults into the service, and the promises that must hold meanwhile. Each is a small file in scenarios/. */
export interface Scenario {
  /** Short, lower case, with dashes. `--only` takes it, or its beginning. */
  readonly id: string;
  /** The fault, as a sentence for docs/reliability.md. */
  readonly about: string;
  /** The number of runs in the full and in the quick set; 0: not in this set. */
  readonly runs: { readonly full: number; readonly quick: number };
  /** How many runs go on at the same time in one installation. Default 1. */
  readonly atOnce?: number;
  readonly setting?: Setting;
  /** Why this machine cannot run the scenario, and what to install; null: it can. */
  readonly skipReason?: () => string | null;
  readonly promise?: Promised;
  /** The note of a run that hit its target. At least half of the runs must add it, or the scenario proves nothing. */
  readonly aim?: string;
  /** One run: injects the fault and records what was seen. The installation is healed after the last run. Throws if the run fails. */
  run(stage: Stage): Promise<void>;
}

/** The promises of a scenario beyond "nothing lost, nothing duplicated, nothing orphaned". */
export interface Promised {
  /** Limits of the times given to `recovered`, in seconds. */
  readonly p95Seconds?: number;
  readonly worstSeconds?: number;
  /** The cloud makes no machine: commands may be refused, and purchases may end as failed with an alert. */
  readonly mayFail?: true;
  /** Two machines of one name may exist side by side for at most this long. 0: only one after the other. Default: never two. */
  readonly mayDoubleForSeconds?: number;
  /** How long a machine may outlive its server. Default 120; more where the provider hinders the removal. */
  readonly orphanSeconds?: number;
  /** How long the service may take to become idle after it is healed. Default 120. */
  readonly idleWithinSeconds?: number;
  /** Kinds of alerts that may stay, because only a person can clear them. */
  readonly alertsLeft?: readonly string[];
  /** The cloud itself removes machines, so that a name can point at none. */
  readonly namesMayDangle?: true;
}
