import { markdownTable } from '../markdown-table.ts';
import { type Contestant, isLowBetter, isNoisy, isSound, type Measure } from './measure.ts';
import { type Spread, shown, spreadOf } from './statistics.ts';
import { describeTarget, isMet, type Target, targetOf } from './targets.ts';

/** One figure of one contestant over all passes. */
export interface Summary {
  readonly figure: string;
  readonly contestant: Contestant;
  readonly unit: Measure['unit'];
  readonly spread: Spread;
  readonly cpuPer10k: number | null;
  readonly redisCpuPer10k: number | null;
  readonly memoryMb: number | null;
  readonly blockMs: number | null;
  readonly isNoisy: boolean;
  readonly isSound: boolean;
}

/** In the order of the measures. */
export function summarise(measures: readonly Measure[]): Summary[] {
  const groups = Map.groupBy(measures, ({ figure, contestant }) => `${figure}\n${contestant}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { figure, contestant, unit } = first;
    return {
      figure,
      contestant,
      unit,
      spread: spreadOf(group.map(({ value }) => value)),
      cpuPer10k: medianOf(group, ({ cpuPer10k }) => cpuPer10k),
      redisCpuPer10k: medianOf(group, ({ redisCpuPer10k }) => redisCpuPer10k),
      memoryMb: medianOf(group, ({ memoryMb }) => memoryMb),
      blockMs: medianOf(group, ({ blockMs }) => blockMs),
      isNoisy: group.some(isNoisy),
      isSound: group.every(isSound),
    };
  });
}

function medianOf(group: readonly Measure[], read: (measure: Measure) => number | undefined): number | null {
  const values = group.map(read).filter((value) => value !== undefined);
  return values.length > 0 ? spreadOf(values).median : null;
}

/** The peers' summaries of the same figure. */
export function peersOf({ figure }: Summary, all: readonly Summary[]): Summary[] {
  return all.filter((one) => one.figure === figure && one.contestant !== 'ours');
}

/** How much better ours is: 2 means twice as fast as the peer, 0.5 half as fast. */
export function ratioTo(ours: Summary, peer: Summary): number {
  const [own, other] = [ours.spread.median, peer.spread.median];
  return isLowBetter(ours) ? other / own : own / other;
}

/** One line for a figure of ours, with its target and the ratio to each peer. */
export function line(summary: Summary, all: readonly Summary[]): string {
  const { figure, spread, unit } = summary;
  const peers = peersOf(summary, all);
  const ratios = peers.map(
    (peer) => `${shown(ratioTo(summary, peer))}× ${peer.contestant} (${shown(peer.spread.median)})`,
  );
  const parts = [
    unit === 'count' ? shown(spread.median) : `${shown(spread.median)} ${unit}`,
    spread.count > 1 ? `[${shown(spread.min)}–${shown(spread.max)}, ${spread.count} passes]` : null,
    verdictOf(summary, all),
    ratios.length > 0 ? ratios.join(', ') : null,
    costsOf(summary),
    peers.some((peer) => peer.isNoisy) || summary.isNoisy ? 'NOISY: others took over 10 % of the CPU' : null,
    [summary, ...peers].every((one) => one.isSound) ? null : unsoundOf([summary, ...peers]),
  ];
  return `${figure.padEnd(46)} ${parts.filter((part) => part !== null).join('  ')}`;
}

function verdictOf(summary: Summary, all: readonly Summary[]): string | null {
  const target = targetOf(summary.figure);
  return target && `${meets(summary, target, all) ? 'ok' : 'below'} (target ${describeTarget(target)})`;
}

export function meets(summary: Summary, target: Target, all: readonly Summary[]): boolean {
  const peers = new Map(peersOf(summary, all).map(({ contestant, spread }) => [String(contestant), spread.median]));
  return isMet(target, summary.spread.median, peers);
}

function costsOf({ cpuPer10k, redisCpuPer10k, memoryMb, blockMs }: Summary): string | null {
  const parts = [
    cpuPer10k === null ? null : `CPU ${shown(cpuPer10k)} s`,
    redisCpuPer10k === null ? null : `Redis ${shown(redisCpuPer10k)} s per 10,000`,
    memoryMb === null ? null : `${shown(memoryMb)} MB`,
    blockMs === null ? null : `longest block ${shown(blockMs)} ms`,
  ].filter((part) => part !== null);
  return parts.length > 0 ? parts.join(', ') : null;
}

function unsoundOf(summaries: readonly Summary[]): string {
  const whose = summaries.filter((one) => !one.isSound).map(({ contestant }) => contestant);
  return `LOST OR DOUBLED WORK: ${whose.join(', ')}`;
}

/** What each peer leaves out; where it is faster, this is what the time buys. */
export const omissions = {
  'by-hand':
    'by-hand accepts without a token, an Idempotency-Key, VPN keys, history or a flush to disk (NORMAL), and answers after Redis has the job, so not while Redis is away. Its worker takes every delivery for the first: it looks for no earlier machine, shakes no hands, checks nothing before it orders, records no history, and orders nothing in line.',
  tuned:
    'tuned has no HTTP, no validation and no queue: a claimed job of a killed process stays claimed. It flushes nothing to disk (NORMAL), and does none of what by-hand leaves out.',
  naive:
    'naive has no HTTP and no queue: threads that die with the process are lost purchases. It does none of what by-hand leaves out.',
} as const satisfies Record<Exclude<Contestant, 'ours'>, string>;

/** Where a peer is faster, and what it leaves out. */
export function slowerLines(all: readonly Summary[]): string[] {
  const pairs = all
    .filter(({ contestant }) => contestant === 'ours')
    .flatMap((own) => peersOf(own, all).map((peer) => ({ own, peer, ratio: ratioTo(own, peer) })));
  const slower = pairs.filter(({ ratio }) => ratio < 1);
  const faster = slower.map(({ own, peer, ratio }) =>
    isLowBetter(own)
      ? `${peer.contestant} needs ${shown(ratio)} of ours in "${own.figure}".`
      : `${peer.contestant} is ${shown(1 / ratio)} times as fast in "${own.figure}".`,
  );
  const whose = new Set(slower.map(({ peer }) => peer.contestant).filter((one) => one !== 'ours'));
  return [...faster, ...[...whose].map((peer) => omissions[peer])];
}

export function markdown(all: readonly Summary[]): string {
  const rows = all
    .filter(({ contestant }) => contestant === 'ours')
    .map((own) => {
      const target = targetOf(own.figure);
      const { median, min, max, count } = own.spread;
      const peers = peersOf(own, all).map(
        (peer) => `${shown(ratioTo(own, peer))}× ${peer.contestant} (${shown(peer.spread.median)})`,
      );
      const noise = own.isNoisy ? ', noisy' : '';
      return [
        own.figure,
        `${shown(median)} ${own.unit}`,
        count > 1 ? `${shown(min)}–${shown(max)}${noise}` : `one pass${noise}`,
        target ? describeTarget(target) : '',
        peers.join(', '),
        own.cpuPer10k === null ? '' : shown(own.cpuPer10k),
        own.memoryMb === null ? '' : shown(own.memoryMb),
      ];
    });
  const head = ['figure', 'median', 'min–max', 'target', 'against', 'CPU s per 10,000', 'MB'];
  return `${markdownTable(head, rows)}\n`;
}
