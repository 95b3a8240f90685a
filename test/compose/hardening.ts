import assert from 'node:assert/strict';
import type { Container } from './container.ts';
import { type Installation, type Service, services } from './installation.ts';

/** The volumes of each service: the name, the folder, and `ro` if it may only read. */
const mounts: Readonly<Record<Service, readonly string[]>> = {
  setup: ['data /data', 'keys /keys', 'redis /redis', 'redis-auth /redis-auth', 'tokens /tokens'],
  redis: ['redis /data', 'redis-auth /redis-auth ro'],
  simulator: ['simulator /simulator'],
  api: ['data /data', 'keys /keys ro', 'redis-auth /redis-auth ro', 'tokens /tokens ro'],
  worker: ['data /data', 'keys /keys ro', 'redis-auth /redis-auth ro'],
};

/** Checks that each container has only the rights, the volumes and the resources that it needs. */
export async function expectHardened(installation: Installation): Promise<string> {
  const of = async (service: Service) => {
    const found = await installation.containers(service);
    for (const container of found) {
      expectPorts(container, service === 'api' ? installation.url : null);
      expectMounts(container, mounts[service], installation.project);
    }
    return found;
  };
  const all = (await Promise.all([...services, 'setup' as const].map(of))).flat();
  for (const container of all) {
    expectFewRights(container);
    expectLimits(container);
  }
  await Promise.all(all.filter(({ State }) => State.Running).map((running) => expectConfined(installation, running)));
  await expectRedisPassword(installation);
  return `${all.length} containers as user 1000, read-only, without capabilities, with limits and their own volumes; Redis wants its password; only the API has a port, on 127.0.0.1`;
}

function expectFewRights({ Name, HostConfig }: Container): void {
  const { ReadonlyRootfs, Privileged, CapDrop, CapAdd, SecurityOpt, LogConfig } = HostConfig;
  assert.ok(ReadonlyRootfs && !Privileged, `${Name} has a writable root file system.`);
  assert.deepEqual([CapDrop, CapAdd ?? []], [['ALL'], []], `${Name} has capabilities.`);
  assert.ok(
    SecurityOpt?.some((option) => /^no-new-privileges(:true)?$/.test(option)),
    `${Name} may gain privileges.`,
  );
  assert.ok(LogConfig.Type === 'json-file' && LogConfig.Config['max-size'], `${Name} logs without a limit.`);
}

function expectLimits({ Name, HostConfig: { Memory, PidsLimit } }: Container): void {
  assert.deepEqual([Memory, PidsLimit], [1024 ** 3, 100], `${Name} has other limits of memory and processes.`);
}

function expectMounts({ Name, Mounts }: Container, wanted: readonly string[], project: string): void {
  const found = Mounts.filter(({ Type }) => Type === 'volume').map(
    ({ Name: volume = '', Destination, RW }) => `${volume.replace(`${project}_`, '')} ${Destination}${RW ? '' : ' ro'}`,
  );
  assert.deepEqual(found.sort(), [...wanted].sort(), `${Name} has other volumes.`);
}

function expectPorts({ Name, HostConfig }: Container, url: string | null): void {
  const bound = Object.values(HostConfig.PortBindings ?? {}).flat();
  const found = bound.map(({ HostIp, HostPort }) => `http://${HostIp}:${HostPort}`);
  assert.deepEqual(found, url === null ? [] : [url], `${Name} publishes wrong ports.`);
}

async function expectConfined({ docker }: Installation, { Id, Name }: Container): Promise<void> {
  const script =
    'id -u; touch /proof /app/proof /usr/proof 2>/dev/null && echo writable; touch /tmp/proof && echo temporary';
  const found = (await docker('exec', Id, 'sh', '-c', script)).trim().split('\n');
  assert.deepEqual(found, ['1000', 'temporary'], `${Name} runs as user ${found[0]}: ${found.slice(1).join(', ')}.`);
}

async function expectRedisPassword({ compose }: Installation): Promise<void> {
  const answer = await compose('exec', '-T', 'redis', 'sh', '-c', 'redis-cli ping || true');
  assert.match(answer, /NOAUTH/, 'Redis answers without its password.');
}
