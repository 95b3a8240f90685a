import { writeFileSync } from 'node:fs';
import { isSelected, type Options, readOptions, usage } from './options.ts';
import { complaints, headLine, listLine, markdown, resultLine, skippedLine, totalLine } from './report.ts';
import { isSound, type Result } from './result.ts';
import { runScenario } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';

/**
 * `npm run chaos`: injects the faults of scenarios/ into real installations, and reports the outcome of all purchases.
 */
async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return print(usage);
  const chosen = scenarios.filter((scenario) => isChosen(scenario, options));
  if (options.list) return print(chosen.map(listLine).join('\n'));
  if (chosen.length === 0) throw new Error('No scenario has this id or prefix; --list prints all ids.');
  const { seed } = options;
  print(`Chaos with seed ${seed}: ${chosen.length} scenarios, ${options.lanes} at a time.`);
  print(headLine());
  const results = await runAll(chosen, options);
  print(totalLine(results));
  const unsound = results.filter((result) => !isSound(result));
  const skipped = chosen.length - results.length;
  if (skipped > 0) print(`Skipped: ${skipped} of ${chosen.length} scenarios, because this machine lacks something.`);
  print(unsound.length === 0 ? 'Every promise held.' : `${unsound.length} scenarios broke a promise.`);
  process.exitCode = unsound.length === 0 ? 0 : 1;
}

const ids = scenarios.map((scenario) => scenario.id);

function isChosen({ id, runs }: Scenario, { only, quick, list }: Options): boolean {
  if (only.length > 0) return isSelected(id, only, ids);
  return list || (quick ? runs.quick : runs.full) > 0;
}

/**
 * Returns the results in the order of the list. The report is written after each one. The first lane takes scenarios
 * from the beginning of the list, and all others from its end. So the kills, which load the machine, run one at a time.
 * The nemesis, which takes longest, starts at once.
 */
async function runAll(chosen: readonly Scenario[], options: Options): Promise<Result[]> {
  const results = new Map<Scenario, Result>();
  const inOrder = () => chosen.flatMap((scenario) => results.get(scenario) ?? []);
  const waiting = [...chosen];
  const lane = async (take: () => Scenario | undefined) => {
    for (let scenario = take(); scenario; scenario = take()) {
      const result = await runOne(scenario, options);
      if (!result) continue;
      results.set(scenario, result);
      if (options.report) writeFileSync(options.report, markdown(inOrder(), options.seed));
    }
  };
  const others = Array.from({ length: options.lanes - 1 }, () => lane(() => waiting.pop()));
  await Promise.all([lane(() => waiting.shift()), ...others]);
  return inOrder();
}

/** Returns null if this machine lacks something that the scenario needs. */
async function runOne(scenario: Scenario, options: Options): Promise<Result | null> {
  const reason = scenario.skipReason?.() ?? null;
  if (reason !== null) {
    print(skippedLine(scenario, reason));
    return null;
  }
  const [runs, minutes] = [runsOf(scenario, options), minutesOf(options)];
  const result = await runScenario(scenario, { ...options, runs, minutes });
  print(resultLine(result, options.seed));
  if (!isSound(result)) print(complaints(result, options));
  return result;
}

function minutesOf({ minutes, quick }: Options): number {
  return minutes ?? (quick ? 1.5 : 30);
}

function runsOf({ runs }: Scenario, options: Options): number {
  return options.runs ?? Math.max(1, options.quick ? runs.quick : runs.full);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
});
