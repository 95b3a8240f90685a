import assert from 'node:assert/strict';
import { runCommand } from '#src/command.ts';
import { backUpTwice, restore } from './backups.ts';
import { type Engine, findEngine } from './engine.ts';
import { expectHardened } from './hardening.ts';
import { type Installation, newInstallation } from './installation.ts';
import { openShop, type Shop } from './shop.ts';
import { print, secondsSince, step } from './steps.ts';
import { busiestWorker, completedByEach } from './workers.ts';

const start = ['up', '-d'];
const showTokens = ['exec', '-T', 'api', 'cat', '/tokens/api-tokens'];
const workerCount = 4;
const graceSeconds = 45;

/** Proves docker-compose.yml with a real engine: builds an installation, uses it, and injects faults. */
async function prove(installation: Installation, signal: AbortSignal): Promise<void> {
  const { compose } = installation;
  await step('Builds', () => build(installation));
  await step('Starts', async () => {
    await compose(...start);
    await installation.healthy('worker', workerCount);
    return 'redis, simulator, api and four workers are healthy';
  });
  await step('Is confined', () => expectHardened(installation));
  const tokens = await compose(...showTokens);
  const shop = openShop(installation, secretOf('storefront', tokens), signal);
  await step('Shares the work', () => shareWork(installation, shop));
  await step('Survives a killed container', () => killContainer(installation, shop, signal));
  await step('A second up', () => secondUp(installation, tokens));
  await step('Survives a crashed process', () => crashProcess(installation, shop, signal));
  await step('Stops in good order', () => stopWorkers(installation, shop, signal));
  await step('Survives a restart of everything', () => restartAll(installation, shop, signal));
  await step('Backs up by cron', () => backUpTwice(installation));
  await step('Restores', () => restore(installation, shop, secretOf('operator', tokens)));
}

function secretOf(role: string, tokens: string): string {
  const secret = new RegExp(`^${role}:${role}:(\\w{24,})$`, 'm').exec(tokens)?.[1];
  assert.ok(secret, `The command for the tokens shows none for the ${role}.`);
  return secret;
}

/** With a real cloud, no simulator starts, and no container waits for one. The cloud of this proof does not answer. */
async function withoutSimulator(engine: Engine, image: string, signal: AbortSignal): Promise<string> {
  const cloud = { CLOUD: 'vultr', VULTR_API_KEY: 'no-key-of-anybody', VULTR_API_URL: 'http://127.0.0.1:9/v2' };
  const settings = { ...cloud, COMPOSE_PROFILES: '', WORKERS: '2', IMAGE: image };
  const installation = await newInstallation(engine, { signal, settings, suffix: '-real' });
  try {
    await installation.compose(...start);
    await installation.healthy('worker', 2);
    await installation.compose(...start);
    await installation.healthy('worker', 2);
    const simulators = await installation.containers('simulator');
    assert.equal(simulators.length, 0, 'The simulator runs.');
    return 'API and two workers are healthy, also after a second up';
  } finally {
    await installation.remove();
  }
}

async function build({ compose, tryCompose, docker, image }: Installation): Promise<string> {
  const { code, stderr } = await tryCompose('config');
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, 'docker-compose.yml has an error or a warning.');
  await compose('build');
  const bytes = Number(await docker('image', 'inspect', '--format', '{{.Size}}', image));
  return `no warning; an image of ${Math.round(bytes / 1e6)} MB`;
}

async function shareWork(installation: Installation, shop: Shop): Promise<string> {
  const startedAt = performance.now();
  await shop.buy(40);
  const bought = secondsSince(startedAt);
  await shop.allRunning();
  const machines = await shop.expectOneMachineEach();
  const each = await completedByEach(installation);
  assert.ok(each.length === 4 && each.every((count) => count > 0), `Of four workers, some did nothing: ${each}.`);
  return `40 purchases accepted in ${bought} s; the workers did ${each.join(', ')} of them; ${machines} machines`;
}

async function killContainer(installation: Installation, shop: Shop, signal: AbortSignal): Promise<string> {
  await shop.buy(20);
  const { worker, active } = await busiestWorker(installation, signal);
  await installation.docker('kill', worker.Id);
  await shop.allRunning();
  const machines = await shop.expectOneMachineEach();
  return `one of four killed with ${active} active jobs in the middle of 20 more; ${machines} machines for 60 servers`;
}

async function secondUp(installation: Installation, tokens: string): Promise<string> {
  await installation.compose(...start);
  await installation.healthy('worker', workerCount);
  assert.equal(await installation.compose(...showTokens), tokens, 'The tokens have changed.');
  return 'brings the killed worker back and keeps the tokens';
}

async function crashProcess(installation: Installation, shop: Shop, signal: AbortSignal): Promise<string> {
  await shop.buy(8);
  const { worker, active } = await busiestWorker(installation, signal);
  // This kills all processes except the container's first one, which exits with its child.
  await installation.docker('exec', worker.Id, 'sh', '-c', 'kill -9 -1').catch(() => undefined);
  await shop.allRunning();
  await installation.healthy('worker', workerCount);
  const workers = await installation.containers('worker');
  const restarts = workers.find(({ Id }) => Id === worker.Id)?.RestartCount;
  assert.equal(restarts, 1, `The crashed worker was restarted ${restarts} times.`);
  return `kill -9 with ${active} active jobs; restarted by itself; ${await shop.expectOneMachineEach()} machines`;
}

async function stopWorkers(installation: Installation, shop: Shop, signal: AbortSignal): Promise<string> {
  await shop.buy(8);
  await busiestWorker(installation, signal);
  const startedAt = performance.now();
  await installation.compose('stop', 'worker');
  const took = secondsSince(startedAt);
  assert.ok(Number(took) < graceSeconds, `Stopping took ${took} s.`);
  const codes = (await installation.containers('worker')).map(({ State }) => State.ExitCode);
  assert.deepEqual(codes, [0, 0, 0, 0], `The workers exited with ${codes}.`);
  await installation.compose(...start);
  await shop.allRunning();
  return `four workers exit 0 in ${took} s; started again, all runs: ${await shop.expectOneMachineEach()} machines`;
}

async function restartAll(installation: Installation, shop: Shop, signal: AbortSignal): Promise<string> {
  await installation.healthy('worker', workerCount);
  await shop.buy(8);
  await busiestWorker(installation, signal);
  await installation.compose('restart');
  await installation.healthy('worker', workerCount);
  await shop.allRunning();
  return `in the middle of 8 purchases; ${await shop.expectOneMachineEach()} machines`;
}

/** Builds and proves with this engine, and removes everything. Returns the last line; throws if a step failed. */
async function proveWith(engine: Engine): Promise<string> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => stop.abort(new Error(`Stopped by ${name}.`)));
  print(`With ${engine.description}:`);
  const startedAt = performance.now();
  const { signal } = stop;
  const installation = await newInstallation(engine, { signal });
  try {
    await prove(installation, signal);
    await step('Runs a real cloud without the simulator', () => withoutSimulator(engine, installation.image, signal));
    print(`Every step passed (${secondsSince(startedAt)} s).`);
  } catch (error) {
    process.exitCode = 1;
    print(String(signal.aborted ? signal.reason : error));
  } finally {
    const left = await installation.remove();
    if (left !== '') process.exitCode = 1;
    print(left === '' ? 'Everything is removed.' : `Left behind: ${left}`);
  }
  return process.exitCode ? 'Not proved.' : 'Proved.';
}

const help = `Usage: npm run test:compose
Builds an installation with docker-compose.yml beside yours, uses it, kills some of its containers while they work, backs
it up and restores it, and removes it. Takes about five minutes. Without an engine it proves nothing, and exits 0.`;

await runCommand({ help }, async () => {
  const engine = await findEngine();
  return typeof engine === 'string' ? `Skipped; nothing is proved. ${engine}` : proveWith(engine);
});
