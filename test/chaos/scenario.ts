import type { Setting } from './setting.ts';
import type { Stage } from './stage.ts';

/** A way to inject faults into the service, and the promises that must hold. Each is a small file in scenarios/. */
export interface Scenario {
  /** Short, lower case, with dashes. `--only` takes it or its beginning. */
  readonly id: string;
  /** The fault, as a sentence for docs/reliability.md. */
  readonly about: string;
  /** The number of runs in the full and in the quick set; 0 if it is not in this set. */
  readonly runs: { readonly full: number; readonly quick: number };
  /** The number of simultaneous runs in one installation. Default 1. */
  readonly atOnce?: number;
  readonly setting?: Setting;
  /** The reason why this machine cannot run the scenario, with advice; null if it can. */
  readonly skipReason?: () => string | null;
  readonly promise?: Promised;
  /** The note of a run that hit its target. At least half of the runs must add it; otherwise the scenario fails. */
  readonly aim?: string;
  /**
   * Injects the fault once and records the effects; throws if that fails. The installation is healed after the last
   * run.
   */
  run(stage: Stage): Promise<void>;
}

/** The promises of a scenario beyond "nothing lost, nothing duplicated, nothing orphaned". */
export interface Promised {
  /** Limits of the times given to `recovered`, in seconds. */
  readonly p95Seconds?: number;
  readonly worstSeconds?: number;
  /** The cloud makes no machine: commands may be refused, and purchases may end as failed with an alert. */
  readonly mayFail?: true;
  /** The time that two machines of one name may coexist. 0 allows only successive ones. Default: never two. */
  readonly mayDoubleForSeconds?: number;
  /** The time that a machine may outlive its server. Default 120; more if the provider hinders the removal. */
  readonly orphanSeconds?: number;
  /** The time limit until the service is idle after the healing. Default 120. */
  readonly idleWithinSeconds?: number;
  /** The kinds of alerts that may stay, because only a person can clear them. */
  readonly alertsLeft?: readonly string[];
  /** The cloud itself removes machines, so that a name can point at none. */
  readonly namesMayDangle?: true;
}
