import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fileVariableOf } from '#src/config/secret-files.ts';
import { variables } from '#src/config/variables.ts';

const file = readFileSync(new URL('../docker-compose.yml', import.meta.url), 'utf8');
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

test('every container has a limit of memory and of processes', () => {
  const hardened = block('x-hardened: &hardened').join('\n');
  expect(hardened).toMatch(/^ {2}mem_limit: \$\{MEMORY_LIMIT:-1g\}\n {2}pids_limit: 100$/m);
  expect(block('x-service: &service')).toContain('  <<: *hardened');
  for (const service of Object.keys(mounts))
    expect(block(`  ${service}:`).slice(0, 1), service).toEqual([
      expect.stringMatching(/^ {4}<<: \*(service|hardened)$/),
    ]);
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

function nameIn(line: string): string[] {
  return [...line.matchAll(/^ +([A-Z_]+):/g)].flatMap(([, name]) => name ?? []);
}
