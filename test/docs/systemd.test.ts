import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '#src/start/redis/probe.ts';
import { hasProgram } from '../programs.ts';

const units = fileURLToPath(new URL('../../docs/systemd', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const names = readdirSync(units);
const services = names.filter((name) => name.endsWith('.service'));
const isMissing = spawnSync('systemd-analyze', ['--version']).error !== undefined;

/** In tenths; `systemd-analyze security` calls 2.0 and less "OK". */
const mostExposure = 20;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-systemd-'));
  for (const name of names) writeFileSync(join(folder, instanceOf(name)), onThisMachine(textOf(name)));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(isMissing)('systemd accepts', () => {
  test('every unit', () => {
    const paths = names.map((name) => join(folder, instanceOf(name)));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...paths], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  test.each(services)('%s as hardened', (name) => {
    const args = ['security', '--offline=true', '--no-pager', `--threshold=${mostExposure}`];
    const { status, stdout } = spawnSync('systemd-analyze', [...args, join(folder, instanceOf(name))], {
      encoding: 'utf8',
    });
    expect(status, stdout.split('\n').at(-2)).toBe(0);
  });
});

test.each(['ghostifi-api.service', 'ghostifi-worker@.service', 'ghostifi-redis.service'])(
  '%s is started again for ever',
  (name) => {
    const text = textOf(name);
    for (const line of ['Restart=always', 'RestartSec=2', 'StartLimitIntervalSec=0'])
      expect(text).toMatch(new RegExp(`^${line}`, 'm'));
  },
);

test('a worker gets less of busy processors than the API, which has the default of 100', () => {
  const withWeight = services.filter((name) => /^CPUWeight=/m.test(textOf(name)));
  expect(withWeight).toEqual(['ghostifi-worker@.service']);
  expect(textOf('ghostifi-worker@.service')).toMatch(/^CPUWeight=12\nSlice=system\.slice$/m);
});

test('each worker reads a file of its own after those of all, and the page gives each the port that Prometheus asks', () => {
  const unit = textOf('ghostifi-worker@.service');
  const files = [...unit.matchAll(/^EnvironmentFile=-?\/etc\/ghostifi\/(.+)$/gm)].map(([, file]) => file);
  expect(files).toEqual(['env', 'worker.env', 'worker-%i.env']);
  const page = readFileSync(join(root, 'docs/deploy.md'), 'utf8');
  const prometheus = readFileSync(join(root, 'docs/deploy/prometheus.yml'), 'utf8');
  const [, targets = ''] = /job_name: ghostifi-worker$[\s\S]*?targets: \[(.*)\]/m.exec(prometheus) ?? [];
  const asked = [...targets.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => port);
  const [, enabled = ''] = /^systemctl enable --now (.*)$/m.exec(page) ?? [];
  const instances = [...enabled.matchAll(/ghostifi-worker@(\d+)/g)].map(([, instance]) => instance);
  const own = [...page.matchAll(/^# \/etc\/ghostifi\/worker-(\d+)\.env\nWORKER_PORT=(\d+)$/gm)];
  expect(own.map(([, instance]) => instance)).toEqual(instances);
  expect(own.map(([, , port]) => port)).toEqual(asked);
  expect(new Set(asked).size).toBeGreaterThan(1);
});

test.each(services)('%s keeps its files from other users', (name) => {
  expect(textOf(name)).toMatch(/^StateDirectory=ghostifi(-redis)?\nStateDirectoryMode=0700\nUMask=0077$/m);
});

test.skipIf(!hasProgram('redis-server'))(
  'Redis starts with the options of its unit, and is one that is safe',
  async () => {
    const [, options = ''] = /^ExecStart=\/usr\/bin\/redis-server (.*)$/m.exec(textOf('ghostifi-redis.service')) ?? [];
    const port = await freePort();
    const args = options
      .replace('6379', String(port))
      .replace('/var/lib/ghostifi-redis', folder)
      .replace('""', '')
      .split(' ');
    const redis = spawn('redis-server', args, { stdio: 'ignore' });
    onTestFinished(() => void redis.kill('SIGKILL'));
    const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 50 });
    onTestFinished(() => client.disconnect());
    client.on('error', () => undefined);
    const setting = async (name: string) => (await client.config('GET', name))[1];
    expect(await setting('appendonly')).toBe('yes');
    expect(await setting('maxmemory-policy')).toBe('noeviction');
    expect(await setting('save')).toBe('');
  },
);

test.each(services.filter((name) => name !== 'ghostifi-redis.service'))(
  'every program that %s starts exists',
  (name) => {
    const programs = [...textOf(name).matchAll(/^ExecStart=.* (src\/\S+\.ts)/gm)].map(([, path = '']) => path);
    expect(programs).not.toEqual([]);
    expect(programs.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  },
);

function textOf(name: string): string {
  return readFileSync(join(units, name), 'utf8');
}

/** Of a template, one instance. */
function instanceOf(name: string): string {
  return name.replace('@.', '@1.');
}

/** `verify` looks for the program. */
function onThisMachine(text: string): string {
  return text.replaceAll('/usr/bin/node', process.execPath).replaceAll('/srv/ghostifi', root);
}
