import { expect, test } from 'vitest';
import { barChart, curveChart } from './svg.ts';

test('a bar chart has a bar for each value, whose widths are in proportion', () => {
  const chart = barChart('Accept <now>', '/s', [
    { label: 'ours', value: 50, low: 40, high: 60 },
    { label: 'by hand', value: 100, low: 100, high: 100 },
  ]);
  const widths = [...chart.matchAll(/<rect x="150"[^>]* width="(\d+)"/g)].map(([, width]) => Number(width));
  expect(widths).toEqual([215, 430]);
  expect(chart).toContain('<title>Accept &#60;now&#62;</title>');
  expect(chart).toContain('>50 /s<');
});

test('a curve chart places powers of ten at equal distances, and larger values higher', () => {
  const points = [
    { x: 1_000, y: 100 },
    { x: 10_000, y: 50 },
    { x: 100_000, y: 0 },
  ];
  const chart = curveChart({ title: 'Rate', x: 'waiting', y: 'jobs/s' }, [{ label: 'ours', points }]);
  const [, line = ''] = /points="([^"]+)"/.exec(chart) ?? [];
  expect(line).toBe('80,60 370,180 660,300');
});

test('the name of a curve is where the curve does not run', () => {
  const named = (last: number) => {
    const points = [
      { x: 1, y: 50 },
      { x: 10, y: last },
    ];
    const chart = curveChart({ title: 'Rate', x: 'x', y: 'y' }, [{ label: 'ours', points }]);
    return Number(/y="(\d+)" text-anchor="end" fill="#\w+">ours/.exec(chart)?.[1]);
  };
  // The plot is 240 high, from 60 to 300.
  expect([named(100), named(25)]).toEqual([50, 202]);
});

test('a curve of one point is a drawing without NaN', () => {
  const chart = curveChart({ title: 'Rate', x: 'x', y: 'y' }, [{ label: 'ours', points: [{ x: 5, y: 1 }] }]);
  expect(chart).not.toContain('NaN');
});
