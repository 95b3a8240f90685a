import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { operations } from '#src/simulator/dialect.ts';
import { dialects } from '#src/simulator/dialects.ts';
import { faultRuleSchema } from '#src/simulator/fault-rule.ts';
import { environment } from '#src/simulator/options.ts';
import { runSimulator } from './running-simulator.ts';

const page = readFileSync(new URL('../../../docs/simulator.md', import.meta.url), 'utf8');

it('docs/simulator.md has each variable with its fallback, and no other', () => {
  const documented = [...page.matchAll(/^\| `(SIMULATOR_\w+)` \| (?:`(.*?)` )?\|/gm)].map(([, name, fallback]) => [
    name,
    fallback,
  ]);
  const fallbacks: Record<string, unknown> = environment.parse({});
  const known = Object.keys(environment.shape).map((name) => [name, fallbacks[name]?.toString()]);
  expect(documented).toEqual(known);
});

it.each(Object.values(dialects))('docs/simulator.md has the address of $title', ({ basePath }) => {
  expect(page).toContain(`\`http://127.0.0.1:3900${basePath}\``);
});

it('docs/simulator.md has each kind of fault and each operation', () => {
  const kinds = faultRuleSchema.options.map(({ shape }) => shape.kind.value);
  for (const kind of kinds) expect(page).toContain(`\n| \`${kind}\` |`);
  for (const operation of operations) expect(page).toContain(`\`${operation}\``);
});

it('the rules in docs/simulator.md are accepted, and its addresses answer', async () => {
  const simulator = await runSimulator();
  const rules = [...page.matchAll(/^rule '(.*)'$/gm)].map(([, rule]) => JSON.parse(rule ?? ''));
  expect(rules.length).toBeGreaterThan(5);
  for (const rule of rules) await simulator.injectFault(rule);
  for (const [, options, path] of page.matchAll(/^curl (-X \w+ )?"?\$S(\/[\w/?=-]+)/gm)) {
    const { status } = await simulator.control(options?.slice(3, -1) ?? 'GET', path ?? '');
    expect(status, path).toBeLessThan(300);
  }
});
