import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { peersOf, type Summary } from './report.ts';
import { barChart, curveChart } from './svg.ts';

/** Writes the drawings for which there are figures, and returns their paths. */
export function writeCharts(folder: string, all: readonly Summary[]): string[] {
  mkdirSync(folder, { recursive: true });
  const drawings = [...besidePeers(all), ...againstBacklog(all)];
  return drawings.map(({ name, svg }) => {
    const path = join(folder, `${name}.svg`);
    writeFileSync(path, svg);
    return path;
  });
}

interface Drawing {
  readonly name: string;
  readonly svg: string;
}

const compared = { accept: 'Purchases accepted per second', drain: 'Jobs finished per second by one worker' };

function besidePeers(all: readonly Summary[]): Drawing[] {
  return Object.entries(compared).flatMap(([figure, title]) => {
    const own = all.find((one) => one.figure === figure && one.contestant === 'ours');
    if (!own) return [];
    const bars = [own, ...peersOf(own, all)].map(({ contestant, spread: { median, min, max } }) => ({
      label: contestant,
      value: median,
      low: min,
      high: max,
    }));
    return { name: figure, svg: barChart(title, own.unit, bars) };
  });
}

const atBacklog = /^drain at ([\d,]+) waiting$/;

function againstBacklog(all: readonly Summary[]): Drawing[] {
  const points = all.flatMap(({ figure, spread, memoryMb }) => {
    const [, count] = atBacklog.exec(figure) ?? [];
    return count ? { x: Number(count.replaceAll(',', '')), rate: spread.median, memoryMb: memoryMb ?? 0 } : [];
  });
  if (points.length === 0) return [];
  const rate = [{ label: 'jobs/s', points: points.map(({ x, rate }) => ({ x, y: rate })) }];
  const memory = [{ label: 'MB', points: points.map(({ x, memoryMb }) => ({ x, y: memoryMb })) }];
  return [
    { name: 'rate-by-backlog', svg: curveChart({ title: 'Rate of one worker', x: 'jobs waiting', y: 'jobs/s' }, rate) },
    {
      name: 'memory-by-backlog',
      svg: curveChart({ title: 'Memory of one worker', x: 'jobs waiting', y: 'MB' }, memory),
    },
  ];
}
