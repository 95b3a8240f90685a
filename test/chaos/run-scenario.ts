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
  /** Duration of a scenario without its own end. */
  readonly minutes: number;
  /** Keeps logs and database even if no promise broke. */
  readonly keep: boolean;
}

type Findings = Pick<Result, 'verdict' | 'recoveries' | 'notes'>;
type Runs = Omit<RunOptions, 'keep'> & { readonly atOnce: number };

/** Starts an installation, runs the scenario `runs` times, heals and judges. An error counts as a broken promise. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Result> {
  const { seed, runs, minutes, keep } = options;
  const startedAt = performance.now();
  const atOnce = Math.min(scenario.atOnce ?? 1, runs);
  const resultOf = (findings: Findings, folder: string | null): Result => ({
    scenario,
    runs,
    ...findings,
    folder,
    seconds: (performance.now() - startedAt) / 1000,
  });
  let installation: Installation;
  try {
    installation = await startInstallation(seededSetting(scenario, seed), atOnce);
  } catch (error) {
    return resultOf({ verdict: unjudged(errorMessage(error)), recoveries: [], notes: [] }, null);
  }
  const { folder } = installation;
  const result = resultOf(await runAndJudge(installation, scenario, { seed, runs, minutes, atOnce }), folder);
  const isKept = keep || !isSound(result);
  await installation.close({ keep: isKept });
  return isKept ? result : { ...result, folder: null };
}

/** The simulator's random numbers also depend on the seed. */
function seededSetting({ id, setting }: Scenario, seed: number): Setting {
  return { ...setting, simulatorEnv: { SIMULATOR_SEED: `${seed}/${id}`, ...setting?.simulatorEnv } };
}

async function runAndJudge(installation: Installation, scenario: Scenario, runs: Runs): Promise<Findings> {
  const watch = watchCloud(installation);
  const { recoveries, notes, broken } = await runAll(installation, scenario, runs);
  const judged = await judge(installation, watch, scenario.promise).catch((error: unknown) =>
    unjudged(errorMessage(error)),
  );
  const late = tooSlow(scenario, recoveries);
  const verdict = {
    ...judged,
    broken: [...broken, ...late, ...missedAim(scenario, notes, runs.runs), ...judged.broken],
  };
  return { verdict, recoveries, notes };
}

interface Recorded {
  readonly recoveries: number[];
  readonly notes: string[];
  readonly broken: string[];
}

async function runAll(
  installation: Installation,
  scenario: Scenario,
  { seed, runs, minutes, atOnce }: Runs,
): Promise<Recorded> {
  const recorded: Recorded = { recoveries: [], notes: [], broken: [] };
  const stageOf = (index: number): Stage => ({
    installation,
    index,
    minutes,
    random: randomOf(seed, `${scenario.id}/${index}`),
    recovered: (ms) => void recorded.recoveries.push(ms),
    broken: (message) => void recorded.broken.push(message),
    note: (text) => void recorded.notes.push(text),
  });
  let next = 0;
  const runNext = async (): Promise<void> => {
    for (let index = next++; index < runs; index = next++)
      await scenario
        .run(stageOf(index))
        .catch((error: unknown) => recorded.broken.push(`Run ${index}: ${errorMessage(error)}`));
  };
  await Promise.all(Array.from({ length: atOnce }, runNext));
  return recorded;
}

/** A single run may miss its aim. Of several runs, at least half must hit it. */
function missedAim({ aim }: Scenario, notes: readonly string[], runs: number): string[] {
  const hits = notes.filter((note) => note === aim).length;
  if (aim === undefined || hits >= Math.floor(runs / 2)) return [];
  return [`Only ${hits} of ${runs} runs hit their aim: ${aim}.`];
}

function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
