import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  jobStates,
  jobTransitions,
  machineStates,
  machineTransitions,
  serverStatuses,
  serverTransitions,
} from '#db/model.ts';
import { root } from './sources.ts';

const page = readFileSync(join(root, 'docs/how-it-works.md'), 'utf8');

test.each([
  ['Job', jobStates, jobTransitions],
  ['Server', serverStatuses, serverTransitions],
  ['Machine', machineStates, machineTransitions],
] as const)('the diagram of the states under "%s" matches db/model.ts', (heading, states, transitions) => {
  expect(arrowsUnder(heading).sort()).toEqual(arrowsOf(states, transitions).sort());
});

test('a diagram that lacks an arrow or has one more is detected', () => {
  const transitions = { open: ['shut'], shut: [] };
  expect(arrowsOf(['open', 'shut'], transitions)).toEqual(['[*] --> open', 'open --> shut', 'shut --> [*]']);
  expect(arrowsIn('stateDiagram-v2\n  [*] --> open : begun\n  open --> open\n')).toEqual([
    '[*] --> open',
    'open --> open',
  ]);
});

/** A row begins in the first state. A state without a transition is an end. */
function arrowsOf(states: readonly string[], transitions: Readonly<Record<string, readonly string[]>>): string[] {
  const ofStates = states.flatMap((from) => {
    const next = transitions[from] ?? [];
    return next.length === 0 ? [`${from} --> [*]`] : next.map((to) => `${from} --> ${to}`);
  });
  return [`[*] --> ${states[0]}`, ...ofStates];
}

function arrowsUnder(heading: string): string[] {
  const section = page.split(`\n### ${heading}\n`)[1] ?? '';
  return arrowsIn(/```mermaid\n(.*?)```/s.exec(section)?.[1] ?? '');
}

/**
 * The lines with an arrow, without their labels. Throws at one that it does not understand, so that none is left out.
 */
function arrowsIn(diagram: string): string[] {
  const [kind, ...lines] = diagram.trim().split('\n');
  if (kind !== 'stateDiagram-v2') throw new Error(`Not a state diagram: ${kind}`);
  return lines.map((line) => {
    const arrow = /^\s*(\S+ --> \S+)(?: : .+)?$/.exec(line)?.[1];
    if (arrow === undefined) throw new Error(`Not an arrow: ${line}`);
    return arrow;
  });
}
