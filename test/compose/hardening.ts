import assert from 'node:assert/strict';
import type { Container } from './container.ts';
import { type Installation, type Service, services } from './installation.ts';

/** Checks that each container has only the rights that it needs. */
export async function expectHardened(installation: Installation): Promise<string> {
  const of = async (service: Service) => {
    const found = await installation.containers(service);
    for (const container of found) expectPorts(container, service === 'api' ? installation.url : null);
    return found;
  };
  const all = (await Promise.all([...services, 'setup' as const].map(of))).flat();
  for (const container of all) expectFewRights(container);
  await Promise.all(all.filter(({ State }) => State.Running).map((running) => expectConfined(installation, running)));
  const mounts = all.flatMap(({ Mounts }) => Mounts).filter(({ Type }) => Type === 'volume');
  const volumes = new Set(mounts.map(({ Name }) => Name));
  assert.equal(volumes.size, 1, `There must be one volume, but these were found: ${[...volumes].join(', ')}.`);
  return `${all.length} containers as user 1000, read-only, without capabilities; one volume; only the API has a port, on 127.0.0.1`;
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
