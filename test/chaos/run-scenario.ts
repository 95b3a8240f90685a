import { watchCloud } from './cloud-watch.ts';
import { type Installation, startInstallation } from './installation.ts';
import { randomOf } from './random.ts';
import { isSound, type Result, tooSlow } from './result.ts';
import type { Scenario } from './scenario.ts';
import type { Setting } from './setting.ts';
import type { Stage } from './stage.ts';
import { judge, unjudged } from './verdict.ts';

export interface RunOptions {
  readonly seed: number;
  readonly runs: number;
  /** How long a scenario that goes on for a time does. */
  readonly minutes: number;
  /** Leaves logs and database also where all is sound. */
  readonly keep: boolean;
}

type Findings = Pick<Result, 'verdict' | 'recoveries' | 'notes'>;

/** Starts an installation, hurts it `runs` times, heals it, and judges. What goes wrong on the way is a broken promise. */
export async function runScenario(scenario: Scenario, { seed, runs, minutes, keep }: RunOptions): Promise<Result> {
  const startedAt = performance.now();
  const atOnce = Math.min(scenario.atOnce ?? 1, runs);
  const ended = (findings: Findings, folder: string | null): Result => {
    return { scenario, runs, ...findings, folder, seconds: (performance.now() - startedAt) / 1000 };
  };
  let installation: Installation;
  try {
    installation = await startInstallation(seededSetting(scenario, seed), atOnce);
  } catch (error) {
    return ended({ verdict: unjudged(errorMessage(error)), recoveries: [], notes: [] }, null);
  }
  const { folder } = installation;
  const result = ended(await runAllTimes(installation, scenario, { seed, runs, minutes, atOnce }), folder);
  const isKept = keep || !isSound(result);
  await installation.close({ keep: isKept });
  return isKept ? result : { ...result, folder: null };
}

/** The cloud's own chance is of the seed, too. */
function seededSetting({ id, setting }: Scenario, seed: number): Setting {
  return { ...setting, simulatorEnv: { SIMULATOR_SEED: `${seed}/${id}`, ...setting?.simulatorEnv } };
}

async function runAllTimes(
  installation: Installation,
  scenario: Scenario,
  { seed, runs, minutes, atOnce }: Omit<RunOptions, 'keep'> & { atOnce: number },
): Promise<Findings> {
  const [recoveries, notes, broken] = [[] as number[], [] as string[], [] as string[]];
  const stageOf = (index: number): Stage => ({
    ...{ installation, index, minutes, random: randomOf(seed, `${scenario.id}/${index}`) },
    recovered: (ms) => void recoveries.push(ms),
    broken: (message) => void broken.push(message),
    note: (message) => void notes.push(message),
  });
  const watch = watchCloud(installation);
  let next = 0;
  const goOn = async (): Promise<void> => {
    for (let index = next++; index < runs; index = next++)
      await scenario.run(stageOf(index)).catch((error: unknown) => broken.push(`Run ${index}: ${errorMessage(error)}`));
  };
  await Promise.all(Array.from({ length: atOnce }, goOn));
  const judged = await judge(installation, watch, scenario.promise).catch((error: unknown) =>
    unjudged(errorMessage(error)),
  );
  broken.push(...tooSlow(scenario, recoveries), ...missedAim(scenario, notes, runs));
  const verdict = { ...judged, broken: [...broken, ...judged.broken] };
  return { verdict, recoveries, notes };
}

/** A single run proves what it happens to meet; of several, half must have met what they were for. */
function missedAim({ aim }: Scenario, notes: readonly string[], runs: number): string[] {
  const met = notes.filter((message) => message === aim).length;
  if (aim === undefined || met >= Math.floor(runs / 2)) return [];
  return [`Only ${met} of ${runs} runs came to this: ${aim}.`];
}

function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
