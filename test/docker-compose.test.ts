import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { variables } from '#src/config/variables.ts';

const file = readFileSync(new URL('../docker-compose.yml', import.meta.url), 'utf8');
/** Compose publishes PORT instead, and another process reads SIMULATOR_PORT. */
const notPassed = ['PORT', 'SIMULATOR_PORT'];

test.each(['api', 'worker'] as const)('docker-compose.yml passes every variable that the %s reads', (service) => {
  const passed = new Set([...namesIn(block('x-environment: &environment')), ...namesIn(block(`  ${service}:`))]);
  const read = Object.entries(variables).filter(([, { processes }]) => processes.includes(service));
  const missing = read.map(([name]) => name).filter((name) => !notPassed.includes(name) && !passed.has(name));
  expect(missing).toEqual([]);
});

/** The lines below this one that are indented further. */
function block(heading: string): string {
  const indent = heading.search(/\S/);
  const [, ...below] = file.slice(file.indexOf(`\n${heading}`) + 1).split('\n');
  const end = below.findIndex((line) => line !== '' && line.search(/\S/) <= indent);
  return below.slice(0, end).join('\n');
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/^ +([A-Z_]+):/gm)].flatMap(([, name]) => name ?? []);
}
