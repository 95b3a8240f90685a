import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished, vi } from 'vitest';
import { readPidfile } from '#src/start/redis/pidfile.ts';
import { runSimulator } from '../simulator/running-simulator.ts';
import { expectGone, longWait, makeFolder, partOf, type Started, type StartFolder, start } from './start-process.ts';

const slow = { timeout: 120_000 };
const run = promisify(execFile);

function secretsIn({ cwd }: StartFolder): Record<string, string> {
  const lines = readFileSync(join(cwd, 'data', 'api-tokens'), 'utf8').split('\n');
  return Object.fromEntries(lines.map((line) => [line.split(':')[1], line.split(':')[2] ?? '']));
}

async function servers(folder: StartFolder): Promise<{ status: string; customer: string }[]> {
  const headers = { authorization: `Bearer ${secretsIn(folder).viewer}` };
  const answer = await fetch(`${folder.apiUrl}/v1/servers`, { headers });
  return ((await answer.json()) as { items: { status: string; customer: string }[] }).items;
}

/** The printed command line that buys a server. */
function buyLine({ output }: Started): string {
  const [line] = /^ {4}curl (.*\\\n)*.*$/m.exec(output.out) ?? [];
  return line ?? 'false';
}

const program = fileURLToPath(new URL('../../../src/setup/ghostifi.mjs', import.meta.url));

/** The printed lines for the command line, up to the purchase, as a script. `npx` would search in another folder. */
function shellLines({ output }: Started): string {
  const lines = output.out.split('\n').filter((line) => /^ {4}(export |npx ghostifi )/.test(line));
  return lines.join('\n').replaceAll('npx ghostifi', `node ${program}`);
}

it('the first start buys three samples; the next prints the same text and accepts a purchase', slow, async () => {
  const folder = await makeFolder();
  const first = start(folder);
  const parts = await first.ready();
  await first.untilOutput(/(● srv-\S+ is running at 198\.18\.\S+\n(.*\n)*){3}/);
  expect((await servers(folder)).map(({ status }) => status)).toEqual(['running', 'running', 'running']);
  expect(first.output.out).toContain(folder.simulatorUrl);
  expect(first.output.out).toContain(`${folder.simulatorUrl}/stripe/shop`);
  expect(first.output.out).toContain(secretsIn(folder).operator);
  // The terminal sends Ctrl-C to all processes, and npm also passes it on.
  first.signal('SIGINT');
  first.signal('SIGINT');
  expect([await first.ended, first.output.err]).toEqual([0, '']);
  await expectGone(parts);

  const second = start(folder);
  await second.ready();
  expect(buyLine(second)).toBe(buyLine(first));
  await run('sh', ['-c', buyLine(second)]);
  await vi.waitFor(async () => {
    expect((await servers(folder))[0]).toMatchObject({ customer: 'you@example.com', status: 'running' });
  }, longWait);
  expect(await servers(folder)).toHaveLength(4);
  expect(second.output.out).not.toMatch(/first start|Sold/);

  const copied = await run('sh', ['-e', '-c', shellLines(second)], { cwd: tmpdir() });
  expect(copied.stderr).toMatch(/^It runs at 198\.18\.\S+ Show its VPN: ghostifi servers qr srv-/m);
  expect(copied.stdout).toMatch(/^service +http:.*^state +succeeded$/ms);
  expect(await servers(folder)).toHaveLength(5);
});

it('the printed command buys what another cloud sells, too', slow, async () => {
  const simulator = await runSimulator({ apiKeys: ['a-key-of-sixteen-letters'] });
  const folder = await makeFolder();
  const started = start(folder, {
    CLOUD: 'hetzner',
    HETZNER_API_URL: simulator.apiUrl('hetzner'),
    HETZNER_API_KEY: 'a-key-of-sixteen-letters',
    VPN_PROBE_AT: `127.0.0.1:${simulator.port}`,
  });
  await started.ready();
  expect(buyLine(started)).toMatch(/"location": "fsn1", "plan": "cx23"/);
  await run('sh', ['-c', buyLine(started)]);
  await vi.waitFor(async () => {
    expect((await servers(folder))[0]).toMatchObject({ customer: 'you@example.com', status: 'running' });
  }, longWait);
});

it('the first start prints no JSON, no reads and no warnings', slow, async () => {
  const folder = await makeFolder();
  const started = start(folder);
  await started.ready();
  await started.untilOutput(/worker +create .* succeeded after \d+\.\d s\n/);
  await servers(folder);
  await started.untilOutput(/api +POST \/v1\/purchases → 202 \(storefront\)\n/);
  started.signal('SIGINT');
  await started.ended;
  const lines = started.output.out.split('\n').filter((line) => !line.includes('curl') && !line.includes('-d '));
  expect(lines.filter((line) => /\{"|GET |warning|error/.test(line))).toEqual([]);
  expect(Math.max(...started.output.out.split('\n').map((line) => line.length))).toBeLessThan(100);
});

it('a start beside a running service is refused in one line, and the service continues', slow, async () => {
  const folder = await makeFolder();
  const first = start(folder);
  const parts = await first.ready();
  const second = start(folder);
  expect(await second.ended).toBe(1);
  expect(second.output.err).toMatch(
    new RegExp(`^GhostiFi is running here already \\(process ${first.pid}\\)\\. [^\n]+\n$`),
  );
  expect((await fetch(`${folder.apiUrl}/readyz`)).status).toBe(200);
  first.signal('SIGTERM');
  expect(await first.ended).toBe(0);
  await expectGone(parts);
});

it.each(['PORT', 'SIMULATOR_PORT'])(
  'a taken %s is reported in one line, and nothing starts',
  slow,
  async (variable) => {
    const folder = await makeFolder();
    const taken = createServer();
    const port = Number(folder.env[variable]);
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
    onTestFinished(() => void taken.close());
    const started = start(folder);
    expect(await started.ended).toBe(1);
    expect(started.output.err).toBe(
      `Port ${port} on 127.0.0.1 is in use by another program. Stop that program, or choose another port: ${variable}=${port + 1} npm start\n`,
    );
    expect(readPidfile(join(folder.cwd, 'data', 'redis'))).toBeNull();
  },
);

it('a start takes over the lock of a process that is gone', slow, async () => {
  const folder = await makeFolder();
  mkdirSync(join(folder.cwd, 'data'));
  // This is above the highest possible process id.
  writeFileSync(join(folder.cwd, 'data', 'start.pid'), '4194305\n');
  const started = start(folder);
  await started.ready();
  expect(readFileSync(join(folder.cwd, 'data', 'start.pid'), 'utf8')).toBe(`${started.pid}\n`);
});

it('a killed start leaves no process except Redis, which the next start takes over', slow, async () => {
  const folder = await makeFolder();
  const killed = start(folder);
  const parts = await killed.ready();
  const redis = readPidfile(join(folder.cwd, 'data', 'redis'))?.pid ?? 0;
  expect(parts).toHaveLength(5);
  expect(parts).toContain(redis);
  killed.signal('SIGKILL');
  await killed.ended;
  const next = start(folder);
  await next.ready();
  expect(partOf(next, 'worker.ts')).not.toBe(0);
  expect(readPidfile(join(folder.cwd, 'data', 'redis'))).toMatchObject({ pid: redis, owner: next.pid });
  await expectGone(parts.filter((pid) => pid !== redis));
  next.signal('SIGINT');
  expect(await next.ended).toBe(0);
  await expectGone([redis]);
});

it('each process gets its own variables only', slow, async () => {
  const folder = await makeFolder();
  const started = start(folder, {
    VULTR_API_KEY: 'a-key-of-the-cloud',
    API_TOKENS_FILE: 'other',
    SECRET_OF_OTHERS: '1',
  });
  await started.ready();
  const environment = (name: string) =>
    readFileSync(`/proc/${partOf(started, `${name}.ts`)}/environ`, 'utf8')
      .split('\0')
      .map((entry) => entry.split('=')[0]);
  const [api, worker, simulator] = ['api', 'worker', 'simulator'].map(environment);
  expect(api).toEqual(expect.arrayContaining(['API_TOKENS_FILE', 'SECRETS_KEY_FILE', 'DATABASE_URL', 'PORT']));
  expect(worker).toEqual(expect.arrayContaining(['VULTR_API_KEY', 'SECRETS_KEY_FILE', 'DATABASE_URL']));
  expect(api).not.toContain('VULTR_API_KEY');
  expect(worker).not.toContain('API_TOKENS_FILE');
  // Those of the simulated Stripe.
  expect(simulator?.filter((name) => /KEY|TOKEN|_URL|SECRET/.test(name ?? '')).toSorted()).toEqual([
    'SIMULATOR_API_KEY',
    'SIMULATOR_STRIPE_HOOK_SECRET',
    'SIMULATOR_STRIPE_HOOK_URL',
  ]);
  expect([...(api ?? []), ...(worker ?? [])]).not.toContain('SECRET_OF_OTHERS');
});

it.each(['worker', 'api', 'simulator'])(
  'a crash of the %s process is reported and stops everything',
  slow,
  async (name) => {
    const folder = await makeFolder();
    const started = start(folder);
    const parts = await started.ready();
    process.kill(partOf(started, `${name}.ts`), 'SIGKILL');
    expect(await started.ended).toBe(1);
    expect(started.output.err).toBe(
      `The ${name} process ended unexpectedly (SIGKILL). No data is lost. Start again.\n`,
    );
    await expectGone(parts);
  },
);

it('a crash of Redis is reported with the place of its log and stops everything', slow, async () => {
  const folder = await makeFolder();
  const started = start(folder);
  const parts = await started.ready();
  process.kill(readPidfile(join(folder.cwd, 'data', 'redis'))?.pid ?? 0, 'SIGKILL');
  expect(await started.ended).toBe(1);
  expect(started.output.err).toBe(
    'Redis ended unexpectedly; see its log in data/redis/redis.log. No data is lost. Start again.\n',
  );
  await expectGone(parts);
});

it('Ctrl-C stops a start that is not ready yet', slow, async () => {
  const folder = await makeFolder();
  const started = start(folder);
  await started.untilOutput('Starting Redis');
  started.signal('SIGINT');
  expect([await started.ended, started.output.err]).toEqual([0, '']);
  expect(started.output.out).not.toContain('GhostiFi is running.');
  expect(readPidfile(join(folder.cwd, 'data', 'redis'))).toBeNull();
});

it('a start prints the error of a process that cannot start, and stops', { timeout: 40_000 }, async () => {
  const folder = await makeFolder();
  const started = start(folder, { CLOUD: 'vultr' });
  expect(await started.ended).toBe(1);
  expect(started.output.err).toMatch(/^The configuration is not usable:\n {2}- VULTR_API_KEY must be [^\n]+\n$/);
  expect(readPidfile(join(folder.cwd, 'data', 'redis'))).toBeNull();
});
