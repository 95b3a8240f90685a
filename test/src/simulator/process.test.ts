import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { rawClient } from './raw-client.ts';
import { runSimulator } from './running-simulator.ts';
import { order, rawVultr } from './vultr/client.ts';

const entry = fileURLToPath(new URL('../../../src/simulator.ts', import.meta.url));
const instant = { SIMULATOR_BOOT_SECONDS: '0', SIMULATOR_CREATE_MS: '0', SIMULATOR_LOCK_SECONDS: '0' };

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'simulator-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

function start(settings: Record<string, string>) {
  const env = { PATH: process.env.PATH, SIMULATOR_PORT: '0', ...instant, ...settings };
  const child = spawn(process.execPath, [entry], { env });
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    output.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.err += chunk;
  });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const ready = async () => {
    await vi.waitFor(() => expect(output.out, output.err).toContain('ready'), { timeout: 30_000, interval: 20 });
    return JSON.parse(output.out.split('\n')[0] ?? '');
  };
  return { child, output, ended, ready };
}

it('a killed simulator keeps the acknowledged machines, and continues with new addresses', async () => {
  const settings = { SIMULATOR_DATA: path.join(await folder(), 'simulator.json') };
  const first = start(settings);
  const before = rawClient((await first.ready()).apiUrls.vultr);
  const orders = Array.from({ length: 25 }, (_, index) =>
    before('POST', '/instances', order({ label: `gf-${index}-1` })),
  );
  const ordered = (await Promise.all(orders)).map(({ body }) => body.instance);
  const made = ordered.map(({ id }) => id);
  await before('DELETE', `/instances/${made[0]}`);
  first.child.kill('SIGKILL');
  await first.ended;

  const after = rawClient((await start(settings).ready()).apiUrls.vultr);
  const { instances } = (await after('GET', '/instances')).body;
  expect(instances.map((instance: { id: string }) => instance.id).sort()).toEqual(made.slice(1).sort());
  const { instance } = (await after('POST', '/instances', order())).body;
  expect(ordered.map(({ main_ip }) => main_ip)).not.toContain(instance.main_ip);
});

it('its log has the format of the other processes', async () => {
  const { ready } = start({ SIMULATOR_DATA: path.join(await folder(), 'simulator.json') });
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(await ready()).toMatchObject({ level: 'info', time, process: 'simulator', pid: expect.any(Number) });
});

it.each(['SIGTERM', 'SIGINT'] as const)('it exits with 0 at once on %s, even while a call hangs', async (signal) => {
  const { child, ended, ready } = start({ SIMULATOR_DATA: path.join(await folder(), 'simulator.json') });
  const { controlUrl, apiUrls } = await ready();
  const rule = JSON.stringify({ kind: 'hang', operation: 'os' });
  await fetch(`${controlUrl}/faults`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: rule });
  const hanging = expect(fetch(`${apiUrls.vultr}/os`)).rejects.toThrow();
  await vi.waitFor(async () => expect(await (await fetch(`${controlUrl}/calls`)).text()).toContain('hang'));
  child.kill(signal);
  expect(await ended).toEqual([0, null]);
  await hanging;
});

it('a taken port is reported in one line, and the data of the other simulator is not changed', async () => {
  const dataFile = path.join(await folder(), 'simulator.json');
  const running = await runSimulator({ dataFile });
  await rawVultr(running)('POST', '/instances', order());
  const second = start({ SIMULATOR_PORT: String(running.port), SIMULATOR_DATA: dataFile });
  expect(await second.ended).toEqual([1, null]);
  expect(second.output.err).toBe(
    `Port ${running.port} of 127.0.0.1 is in use by another program: free it, or set SIMULATOR_PORT to another port.\n`,
  );
  expect(await running.machines()).toHaveLength(1);
});

it('a data file of another simulator is reported in one line, and its data is not changed', async () => {
  const settings = { SIMULATOR_DATA: path.join(await folder(), 'simulator.json') };
  const first = start(settings);
  const client = rawClient((await first.ready()).apiUrls.vultr);
  await client('POST', '/instances', order());
  const second = start(settings);
  expect(await second.ended).toEqual([1, null]);
  expect(second.output.err).toBe(
    `${settings.SIMULATOR_DATA} is in use by another simulator (process ${first.child.pid}). Use that one, or set SIMULATOR_DATA to a file of your own. If process ${first.child.pid} is another program, delete ${settings.SIMULATOR_DATA}.pid.\n`,
  );
  expect((await client('GET', '/instances')).body.instances).toHaveLength(1);
  first.child.kill('SIGTERM');
  await first.ended;
  await expect(start(settings).ready()).resolves.toMatchObject({ event: 'simulator-ready' });
});

it.each(['not JSON', '{}', '{"format":"ghostifi-simulator-1","nextSerial":1,"machines":[{}]}', ''])(
  'a damaged data file (%s) is reported in one line, and not changed',
  async (content) => {
    const file = path.join(await folder(), 'simulator.json');
    await writeFile(file, content);
    const { ended, output } = start({ SIMULATOR_DATA: file });
    expect(await ended).toEqual([1, null]);
    expect(output.err).toBe(
      `${file} is not a simulator's data file, or is damaged: move it away to start with an empty cloud.\n`,
    );
    expect(await readFile(file, 'utf8')).toBe(content);
  },
);

it('wrong settings are reported in one message', async () => {
  const { ended, output } = start({ SIMULATOR_PORT: 'high' });
  expect(await ended).toEqual([1, null]);
  expect(output.err).toMatch(/^The configuration is not usable:\n {2}- SIMULATOR_PORT must be a port, [^\n]+\n$/);
});
