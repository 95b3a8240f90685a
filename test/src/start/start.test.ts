import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished, vi } from 'vitest';
import { readPidfile } from '#src/start/redis/pidfile.ts';
import { expectGone, makePlace, type Place, partOf, patient, type Started, start } from './start-process.ts';

const slow = { timeout: 120_000 };
const run = promisify(execFile);

function secretsIn({ cwd }: Place): Record<string, string> {
  const lines = readFileSync(join(cwd, 'data', 'api-tokens'), 'utf8').split('\n');
  return Object.fromEntries(lines.map((line) => [line.split(':')[1], line.split(':')[2] ?? '']));
}

async function servers(place: Place): Promise<{ status: string; customer: string }[]> {
  const headers = { authorization: `Bearer ${secretsIn(place).viewer}` };
  const answer = await fetch(`${place.apiUrl}/v1/servers`, { headers });
  return ((await answer.json()) as { items: { status: string; customer: string }[] }).items;
}

/** The command line that a start prints for buying a server. */
function buyLine({ said }: Started): string {
  const [line] = /^ {4}curl (.*\\\n)*.*$/m.exec(said.out) ?? [];
  return line ?? 'false';
}

it(
  'sells three samples at the first start; at the next it prints the same and sells what is asked for',
  slow,
  async () => {
    const place = await makePlace();
    const first = start(place);
    const parts = await first.ready();
    await first.says(/(● srv-\S+ is running at 198\.18\.\S+\n(.*\n)*){3}/);
    expect((await servers(place)).map(({ status }) => status)).toEqual(['running', 'running', 'running']);
    expect(first.said.out).toContain(place.simulatorUrl);
    expect(first.said.out).toContain(secretsIn(place).operator);
    // npm passes on a Ctrl-C that the terminal has sent to all.
    first.signal('SIGINT');
    first.signal('SIGINT');
    expect([await first.ended, first.said.err]).toEqual([0, '']);
    await expectGone(parts);

    const second = start(place);
    await second.ready();
    expect(buyLine(second)).toBe(buyLine(first));
    await run('sh', ['-c', buyLine(second)]);
    await vi.waitFor(async () => {
      expect((await servers(place))[0]).toMatchObject({ customer: 'you@example.com', status: 'running' });
    }, patient);
    expect(await servers(place)).toHaveLength(4);
    expect(second.said.out).not.toMatch(/first start|Sold/);
  },
);

it('keeps what newcomers read calm: no JSON, and nothing about reading', slow, async () => {
  const place = await makePlace();
  const started = start(place);
  await started.ready();
  await started.says(/worker +create .* succeeded after \d+\.\d s\n/);
  await servers(place);
  await started.says(/api +POST \/v1\/purchases → 202 \(storefront\)\n/);
  started.signal('SIGINT');
  await started.ended;
  const lines = started.said.out.split('\n').filter((line) => !line.includes('curl') && !line.includes('-d '));
  expect(lines.filter((line) => /\{"|GET |warning|error/.test(line))).toEqual([]);
  expect(Math.max(...started.said.out.split('\n').map((line) => line.length))).toBeLessThan(100);
});

it('refuses to start beside a running one, in one line, and leaves that alone', slow, async () => {
  const place = await makePlace();
  const first = start(place);
  const parts = await first.ready();
  const second = start(place);
  expect(await second.ended).toBe(1);
  expect(second.said.err).toMatch(
    new RegExp(`^GhostiFi is running here already \\(process ${first.pid}\\)\\. [^\n]+\n$`),
  );
  expect((await fetch(`${place.apiUrl}/readyz`)).status).toBe(200);
  first.signal('SIGTERM');
  expect(await first.ended).toBe(0);
  await expectGone(parts);
});

it.each(['PORT', 'SIMULATOR_PORT'])('says in one line that %s is taken, and starts nothing', slow, async (variable) => {
  const place = await makePlace();
  const taken = createServer();
  const port = Number(place.env[variable]);
  await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void taken.close());
  const started = start(place);
  expect(await started.ended).toBe(1);
  expect(started.said.err).toBe(
    `Port ${port} on 127.0.0.1 is taken by another program. Stop that one, or choose another port: ${variable}=${port + 1} npm start\n`,
  );
  expect(readPidfile(join(place.cwd, 'data', 'redis'))).toBeNull();
});

it('takes over the lock of a process that is gone', slow, async () => {
  const place = await makePlace();
  mkdirSync(join(place.cwd, 'data'));
  // Above the highest process id there can be.
  writeFileSync(join(place.cwd, 'data', 'start.pid'), '4194305\n');
  const started = start(place);
  await started.ready();
  expect(readFileSync(join(place.cwd, 'data', 'start.pid'), 'utf8')).toBe(`${started.pid}\n`);
});

it('leaves no process behind when it is killed, and the next start goes on with its Redis', slow, async () => {
  const place = await makePlace();
  const killed = start(place);
  const parts = await killed.ready();
  const redis = readPidfile(join(place.cwd, 'data', 'redis'))?.pid ?? 0;
  expect(parts).toHaveLength(5);
  expect(parts).toContain(redis);
  killed.signal('SIGKILL');
  await killed.ended;
  const next = start(place);
  await next.ready();
  expect(partOf(next, 'worker.ts')).not.toBe(0);
  expect(readPidfile(join(place.cwd, 'data', 'redis'))).toMatchObject({ pid: redis, owner: next.pid });
  await expectGone(parts.filter((pid) => pid !== redis));
  next.signal('SIGINT');
  expect(await next.ended).toBe(0);
  await expectGone([redis]);
});

it.each(['worker', 'api', 'simulator'])(
  'says so and stops everything when the %s process crashes',
  slow,
  async (name) => {
    const place = await makePlace();
    const started = start(place);
    const parts = await started.ready();
    process.kill(partOf(started, `${name}.ts`), 'SIGKILL');
    expect(await started.ended).toBe(1);
    expect(started.said.err).toBe(`The ${name} process ended unexpectedly (SIGKILL). No data is lost. Start again.\n`);
    await expectGone(parts);
  },
);

it('says where the log is and stops everything when its Redis crashes', slow, async () => {
  const place = await makePlace();
  const started = start(place);
  const parts = await started.ready();
  process.kill(readPidfile(join(place.cwd, 'data', 'redis'))?.pid ?? 0, 'SIGKILL');
  expect(await started.ended).toBe(1);
  expect(started.said.err).toBe(
    'Redis ended unexpectedly; see its log in data/redis/redis.log. No data is lost. Start again.\n',
  );
  await expectGone(parts);
});

it('stops at Ctrl-C also before it is ready', slow, async () => {
  const place = await makePlace();
  const started = start(place);
  await started.says('Starting Redis');
  started.signal('SIGINT');
  expect([await started.ended, started.said.err]).toEqual([0, '']);
  expect(started.said.out).not.toContain('GhostiFi is running.');
  expect(readPidfile(join(place.cwd, 'data', 'redis'))).toBeNull();
});

it('says at once what a part of it refuses to start with, and stops', { timeout: 40_000 }, async () => {
  const place = await makePlace();
  const started = start(place, { CLOUD: 'vultr' });
  expect(await started.ended).toBe(1);
  expect(started.said.err).toMatch(/^The configuration is not usable:\n {2}- VULTR_API_KEY must be [^\n]+\n$/);
  expect(readPidfile(join(place.cwd, 'data', 'redis'))).toBeNull();
});
