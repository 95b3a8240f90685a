import { expect, test } from 'vitest';
import type { Measure } from './measure.ts';
import { line, markdown, slowerLines, summarise } from './report.ts';

function accept(contestant: Measure['contestant'], value: number, rest: Partial<Measure> = {}): Measure {
  return { scenario: 'accept', figure: 'accept', contestant, value, unit: '/s', lost: 0, doubled: 0, ...rest };
}

test('a line has the median, its spread, the target and the ratio to each peer', () => {
  const all = summarise([
    accept('ours', 4_000, { cpuPer10k: 3 }),
    accept('by-hand', 5_000),
    accept('ours', 5_000, { cpuPer10k: 5 }),
    accept('by-hand', 4_000),
  ]);
  const [own] = all;
  expect(own && line(own, all)).toMatch(
    /^accept +4,500 \/s {2}\[4,000–5,000, 2 passes\] {2}ok \(target [^)]*\) {2}1× by-hand \(4,500\) {2}CPU 4 s$/,
  );
});

test('a figure is below its target if a peer is ahead by more than the target allows', () => {
  const all = summarise([accept('ours', 4_000), accept('by-hand', 6_000)]);
  expect(all[0] && line(all[0], all)).toContain('below (target ≥ 3,500, ≥ 0.8× by-hand, ≥ 4× naive)');
});

test('noise and unsound work are named, on either side', () => {
  const noisy = summarise([accept('ours', 1), accept('by-hand', 1, { othersShare: 0.2, lost: 1 })]);
  expect(noisy[0] && line(noisy[0], noisy)).toMatch(/NOISY.*LOST OR DOUBLED WORK: by-hand/);
  const calm = summarise([accept('ours', 1, { othersShare: 0.1 })]);
  expect(calm[0] && line(calm[0], calm)).not.toMatch(/NOISY|LOST/);
});

test('a faster peer is named once, with what it leaves out', () => {
  const burst = { figure: 'burst', unit: 's' } as const;
  const measures = [accept('ours', 1), accept('naive', 2), accept('ours', 4, burst), accept('naive', 2, burst)];
  const lines = slowerLines(summarise(measures));
  expect(lines).toEqual([
    'naive is 2 times as fast in "accept".',
    'naive needs 0.5 of ours in "burst".',
    expect.stringContaining('naive has no HTTP'),
  ]);
  expect(slowerLines(summarise([accept('ours', 3), accept('naive', 2)]))).toEqual([]);
});

test('the table has a row for each figure of ours', () => {
  const table = markdown(summarise([accept('ours', 3), accept('naive', 2), accept('ours', 5, { figure: 'drain' })]));
  expect(table.trim().split('\n')).toHaveLength(4);
  expect(table).toContain('1.5× naive (2)');
});
