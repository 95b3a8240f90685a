import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestRedis, withRedis } from '../redis.ts';
import { writeCharts } from './charts.ts';
import { brokenLimits, limits } from './limits.ts';
import { describeMachine } from './machine.ts';
import { isSound, type Measure } from './measure.ts';
import { type Options, readOptions } from './options.ts';
import { missingPeers, pythonFor } from './peers.ts';
import { line, markdown, type Summary, slowerLines, summarise } from './report.ts';
import { type Postgres, startPostgres } from './rig.ts';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { usage } from './usage.ts';

/** `npm run bench`: measures the service beside its peers, and prints one line for each figure. */
async function main(): Promise<void> {
  const names = scenarios.map(({ name }) => name);
  const options = readOptions(process.argv.slice(2), names);
  if (options.help) return print(usage(scenarios));
  for (const fact of await machineFacts()) print(fact);
  const postgres = await startPostgres(options.postgres);
  const measures = await runAll(scenarios.filter(chosenBy(options)), options, postgres).finally(() => postgres?.stop());
  const summaries = summarise(measures);
  for (const slower of slowerLines(summaries)) print(slower);
  writeFiles(options, summaries);
  const faults = options.quick ? checkLimits(summaries) : [];
  if (faults.length > 0 || !measures.filter(({ contestant }) => contestant === 'ours').every(isSound))
    process.exitCode = 1;
}

function chosenBy({ only, quick }: Options): (scenario: Scenario) => boolean {
  const names = quick ? ['structure'] : only;
  return ({ name, onlyNamed = false }) => (names.length === 0 ? !onlyNamed : names.includes(name));
}

async function machineFacts(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-bench-'));
  const redis = await startTestRedis();
  const info = await withRedis(redis, (connection) => connection.info('server'));
  await redis.stop();
  const redisVersion = /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
  const python = pythonFor('tuned');
  const facts = describeMachine(folder, { redisVersion, peers: python ? `peers in ${python}` : 'no Python' });
  rmSync(folder, { recursive: true });
  return facts;
}

/** Prints the figures of each scenario after its last pass. */
async function runAll(chosen: readonly Scenario[], options: Options, postgres: Postgres): Promise<Measure[]> {
  if (chosen.some(({ name }) => name !== 'structure')) for (const missing of missingPeers()) print(missing);
  const measures: Measure[] = [];
  for (const scenario of chosen) {
    const own: Measure[] = [];
    for (let pass = 1; pass <= (options.passes ?? scenario.passes); pass += 1) {
      const found = await scenario.run({ postgres, large: options.large, note: print });
      own.push(...found);
      record(options, found, pass);
    }
    const summaries = summarise(own);
    for (const summary of summaries) if (summary.contestant === 'ours') print(line(summary, summaries));
    measures.push(...own);
  }
  return measures;
}

function record({ jsonl }: Options, measures: readonly Measure[], pass: number): void {
  if (jsonl === null) return;
  const at = new Date().toISOString();
  for (const measure of measures) appendFileSync(jsonl, `${JSON.stringify({ at, pass, ...measure })}\n`);
}

function writeFiles({ markdown: table, charts }: Options, summaries: readonly Summary[]): void {
  if (table !== null) writeFileSync(table, markdown(summaries));
  if (charts !== null) for (const path of writeCharts(charts, summaries)) print(`Wrote ${path}.`);
}

function checkLimits(summaries: readonly Summary[]): string[] {
  const counted = new Map(summaries.map(({ figure, spread }) => [figure, spread.median]));
  const faults = brokenLimits(counted);
  for (const fault of faults) print(`ABOVE ITS LIMIT ${fault}`);
  if (faults.length === 0) print(`All ${limits.length} limits hold.`);
  return faults;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

// An exit also ends the processes that were started.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(2));
await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
});
// A connection of the measured code may still be open.
process.exit();
