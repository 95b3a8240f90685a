import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fileVariableOf } from '#src/config/secret-files.ts';
import { variables } from '#src/config/variables.ts';
import { environment } from '#src/simulator/options.ts';

const file = readFileSync(new URL('../docker-compose.yml', import.meta.url), 'utf8');
const services = ['setup', 'redis', 'simulator', 'api', 'worker'];
const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
/** Compose publishes PORT instead, and another process reads SIMULATOR_PORT. */
const notPassed = ['PORT', 'SIMULATOR_PORT'];
/** `docker-compose exec api` runs the commands backup and restore. */
const ofCommands = ['BACKUP_FOLDER'];
/** What each container may read (`:ro`) or write. Literals on purpose: another mount must fail here. */
const mounts: Readonly<Record<string, readonly string[]>> = {
  setup: ['data:/data', 'keys:/keys', 'tokens:/tokens', 'redis-auth:/redis-auth', 'redis:/redis'],
  redis: ['redis:/data:nocopy', 'redis-auth:/redis-auth:ro'],
  simulator: ['simulator:/simulator'],
  api: ['data:/data', 'keys:/keys:ro', 'tokens:/tokens:ro', 'redis-auth:/redis-auth:ro'],
  worker: ['data:/data', 'keys:/keys:ro', 'redis-auth:/redis-auth:ro'],
};

test.each(['api', 'worker'] as const)(
  'docker-compose.yml passes every variable and file of a secret that the %s reads, and no other',
  (service) => {
    const ofService = block(`  ${service}:`);
    const shared = [...block('x-database: &database'), ...block('x-environment: &environment')];
    const passed = [...shared, ...ofService].flatMap(nameIn);
    const read = Object.entries(variables).filter(([, { processes }]) => processes.includes(service));
    const names = read.flatMap(([name]) => [name, fileVariableOf(name) ?? name]);
    expect(names.filter((name) => !notPassed.includes(name) && !passed.includes(name))).toEqual([]);
    expect(passed.filter((name) => !names.includes(name) && !ofCommands.includes(name))).toEqual([]);
  },
);

test.each(Object.entries(mounts))('the container %s has only the volumes that it needs', (service, wanted) => {
  const [line = ''] = block(`  ${service}:`).filter((text) => text.startsWith('    volumes:'));
  expect([...line.matchAll(/"([^"]+)"/g)].map(([, mount]) => mount)).toEqual(wanted);
});

test('every container is confined, restarts, and has limits of memory, processes and its log', () => {
  expect(settings('x-hardened: &hardened')).toEqual([
    'init: true',
    'read_only: true',
    'tmpfs: ["/tmp:size=64m"]',
    'cap_drop: [ALL]',
    'security_opt: ["no-new-privileges:true"]',
    'restart: unless-stopped',
    'mem_limit: $(MEMORY_LIMIT:-1g)',
    'pids_limit: 100',
    'logging:',
    'driver: json-file',
    'options: { max-size: 10m, max-file: "5" }',
  ]);
  expect(settings('x-service: &service').slice(0, 1)).toEqual(['<<: *hardened']);
  for (const service of services) expect(settings(`  ${service}:`)[0], service).toMatch(/^<<: \*(service|hardened)$/);
  const weakening = /^ +(privileged|cap_add|user|network_mode|pid|ipc|devices|read_only|pids_limit):.*$/gm;
  expect(file.match(weakening)?.map((line) => line.trim())).toEqual([
    ...['read_only: true', 'pids_limit: 100', 'user: "1000:1000"'],
  ]);
  expect(settings('  redis:')).toEqual(expect.arrayContaining(['user: "1000:1000"', 'mem_limit: 1g']));
  expect(settings('  setup:')).toContain('restart: "no"');
});

test('a container may take longer to stop than its process', () => {
  const secondsOf = (heading: string) => seconds(/^stop_grace_period: (\d+)s$/m, settings(heading));
  const graceSeconds = seconds(/^SHUTDOWN_GRACE_SECONDS: (\d+)$/m, settings('x-environment: &environment'));
  expect(secondsOf('x-service: &service')).toBeGreaterThanOrEqual(graceSeconds + 10);
  // It writes its file at the end.
  expect(secondsOf('  redis:')).toBeGreaterThan(10);
});

test('only the API has a port, at 127.0.0.1, and Redis is reached by the API and the workers alone', () => {
  expect(file.match(/^ +(ports|expose):.*$/gm)).toEqual([
    expect.stringMatching(/^ {4}ports: \["127\.0\.0\.1:\$\{PORT:-3000\}:3000"\]$/),
  ]);
  expect(settings('networks:')).toEqual(['queue:', 'internal: true']);
  const networks = services.map((service) => settings(`  ${service}:`).find((line) => line.startsWith('networks:')));
  const both = 'networks: [default, queue]';
  expect(networks).toEqual([undefined, 'networks: [queue]', undefined, both, both]);
});

test('Redis wants its password, loses nothing at a stop, evicts nothing, and has room for a rewrite', () => {
  const redis = settings('  redis:');
  const at = redis.indexOf('command:') + 1;
  expect(redis.slice(at, at + 11).map((line) => line.replace(/^- /, ''))).toEqual([
    ...['redis-server', '/redis-auth/redis.conf', '--dir', '/data', '--appendonly', '"yes"', '--save', '""'],
    ...['--maxmemory-policy', 'noeviction', '--maxmemory'],
  ]);
  expect(redis[at + 11]).toBe('- 512mb');
  expect(redis).toContain('networks: [queue]');
});

test('each service waits for the set-up and a healthy Redis, and Redis only for its password', () => {
  const waits = (service: string) => settings(`  ${service}:`).filter((line) => line.includes('condition:'));
  const setup = 'setup: { condition: service_completed_successfully }';
  const redis = 'redis: { condition: service_healthy }';
  expect(services.map(waits)).toEqual([[], [setup], [], [setup, redis], [setup, redis]]);
  const checks = file.match(/^ +test: .*$/gm)?.map((line) => line.trim());
  const url = /127\.0\.0\.1:\d+\/\w+/;
  expect(checks?.map((line) => url.exec(line)?.[0] ?? 'redis')).toEqual([
    ...['redis', '127.0.0.1:3900/livez', '127.0.0.1:3000/readyz', '127.0.0.1:3001/readyz'],
  ]);
  // Without -e, an error of Redis such as a wrong password counts as healthy.
  expect(checks?.[0]).toMatch(/^test: \[CMD-SHELL, 'REDISCLI_AUTH=.* redis-cli -e ping'\]$/);
});

test('the secrets come from the volumes if nothing else is set, and a cloud must be named', () => {
  const shared = [...settings('x-database: &database'), ...settings('x-environment: &environment')];
  expect(shared).toEqual(
    expect.arrayContaining([
      'DATABASE_URL: $(DATABASE_URL-file:/data/ghostifi.db)',
      'REDIS_URL_FILE: $(REDIS_URL_FILE:-/redis-auth/url)',
      'SECRETS_KEY_FILE: $(SECRETS_KEY_FILE:-/keys/secrets-key)',
      'CLOUD: "$(CLOUD:?copy .env.example to .env, or name your cloud there)"',
    ]),
  );
  expect(settings('  api:')).toContain('API_TOKENS_FILE: $(API_TOKENS_FILE-/tokens/api-tokens)');
  const [command] = settings('  setup:').filter((line) => line.startsWith('command:'));
  expect(command).toContain(
    'set-up-secrets.ts /tokens/api-tokens /keys/secrets-key /redis-auth && node src/migrate.ts',
  );
});

test('the set-up and the simulator get no secret of the service', () => {
  expect(settings('  setup:')).toContain('<<: *database');
  expect(block('  setup:').flatMap(nameIn)).toEqual(['CA_FILE']);
  const simulator = block('  simulator:');
  expect(simulator.join('\n')).not.toMatch(/<<: \*(database|environment)/);
  const own = [...Object.keys(environment.shape), 'LOG_LEVEL'];
  expect(simulator.flatMap(nameIn).filter((name) => !own.includes(name))).toEqual([]);
  expect(simulator.flatMap(nameIn)).toEqual([
    ...['LOG_LEVEL', 'SIMULATOR_HOST', 'SIMULATOR_DATA', 'SIMULATOR_BOOT_SECONDS', 'SIMULATOR_BOOT_JITTER'],
    ...['SIMULATOR_VPN_SECONDS', 'SIMULATOR_CREATE_MS', 'SIMULATOR_SHOP', 'SIMULATOR_STRIPE_HOOK_URL'],
    'SIMULATOR_STRIPE_HOOK_SECRET',
  ]);
});

test('a worker gets less of busy processors than the API, which has the default of 1024', () => {
  expect(block('  worker:')).toContain('    cpu_shares: 128');
  expect(file.match(/cpu_shares/g)).toHaveLength(1);
});

test('the simulator is a profile, and no container waits for it', () => {
  expect(block('  simulator:')).toContain('    profiles: [simulator]');
  expect(file).not.toMatch(/^ +simulator: \{ condition/m);
});

test('the number of workers and the simulator are settings that .env.example has', () => {
  expect(block('  worker:').join('\n')).toMatch(/^ {4}scale: \$\{WORKERS:-1\}$/m);
  expect(example).toMatch(/^CLOUD=simulator\nCOMPOSE_PROFILES=simulator$/m);
  expect(example).toMatch(/^WORKERS=\d$/m);
});

test('no documented command scales: the next one would undo it', () => {
  const pages = ['../README.md', '../docs/deploy.md', '../docs/runbook.md'].map((path) =>
    readFileSync(new URL(path, import.meta.url), 'utf8'),
  );
  expect(pages.join('\n')).not.toMatch(/--scale/);
});

/** The lines below this one that are indented further. */
function block(heading: string): string[] {
  const indent = heading.search(/\S/);
  const [, ...below] = file.slice(file.indexOf(`\n${heading}`) + 1).split('\n');
  const end = below.findIndex((line) => line !== '' && line.search(/\S/) <= indent);
  return below.slice(0, end);
}

/** The same lines without their indent, comments and empty lines. A variable of compose has round brackets. */
function settings(heading: string): string[] {
  return block(heading)
    .map((line) => line.trim().replace(/\$\{([^}]+)\}/g, '$($1)'))
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function seconds(pattern: RegExp, lines: readonly string[]): number {
  return Number(pattern.exec(lines.join('\n'))?.[1]);
}

function nameIn(line: string): string[] {
  return [...line.matchAll(/^ +([A-Z_]+):/g)].flatMap(([, name]) => name ?? []);
}
