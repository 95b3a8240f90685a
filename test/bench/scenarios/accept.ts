import { drive, type Post } from '../http.ts';
import { peakMemoryMb } from '../machine.ts';
import type { Contestant, Measure } from '../measure.ts';
import { type Counts, ourCounts, ourPost, type RunningApi, startOurApi } from '../ours.ts';
import {
  byHandCounts,
  byHandPost,
  type PythonPeer,
  type PythonReport,
  peerFile,
  pythonFor,
  startByHandApi,
  startPython,
} from '../peers.ts';
import { type Rig, withRig } from '../rig.ts';
import { openRows } from '../rows.ts';
import type { Scenario } from '../scenario.ts';
import { openWindow, type WindowFigures } from '../window.ts';

const concurrency = 64;
/** The compiler of V8 takes about so long to reach its last version of the code. */
const warmMs = 3_000;
const measureMs = 2_500;

/** Purchases over HTTP, each durable before its 202. */
export const accept: Scenario = {
  name: 'accept',
  about: `${concurrency} connections buy servers for ${measureMs / 1000} s; every 202 is compared with the rows`,
  passes: 1,
  run: async ({ postgres }) => {
    const measures = [
      await withRig(postgres, async (rig) => acceptOverHttp(rig, ours(rig, await startOurApi(rig)))),
      await withRig(null, async (rig) => acceptOverHttp(rig, byHand(rig, await startByHandApi(rig)))),
    ];
    for (const peer of ['tuned', 'naive'] as const)
      if (pythonFor(peer)) measures.push(await withRig(null, (rig) => acceptInPython(rig, peer)));
    const named = measures.map((one): Measure => ({ scenario: 'accept', figure: 'accept', unit: '/s', ...one }));
    return [...named, ...named.flatMap((one) => costsOf(one, 'API'))];
  },
};

/** Memory and CPU as figures of their own, which have targets. */
export function costsOf(measure: Measure, program: 'API' | 'worker'): Measure[] {
  const { scenario, contestant, cpuPer10k, memoryMb, figure } = measure;
  const rest = { scenario, contestant, ...(measure.othersShare && { othersShare: measure.othersShare }) };
  return [
    memoryMb === undefined
      ? []
      : [{ ...rest, figure: `memory of the ${program}`, value: memoryMb, unit: 'MB' as const }],
    cpuPer10k === undefined ? [] : [{ ...rest, figure: `CPU of ${figure}`, value: cpuPer10k, unit: 's' as const }],
  ].flat();
}

export type Accepted = Omit<Measure, 'scenario' | 'figure' | 'unit'>;

interface Api extends RunningApi {
  readonly contestant: Contestant;
  readonly databaseUrl: string;
  readonly counts: Counts;
  readonly postOf: (number: number) => Post;
}

export function ours({ databaseUrl }: Rig, running: RunningApi): Api {
  return { ...running, contestant: 'ours', databaseUrl, counts: ourCounts, postOf: ourPost };
}

function byHand(rig: Rig, running: RunningApi): Api {
  const databaseUrl = `file:${peerFile(rig)}`;
  return { ...running, contestant: 'by-hand', databaseUrl, counts: byHandCounts, postOf: byHandPost };
}

/** Throws if an answer is neither 202 nor expected. */
export async function acceptOverHttp({ redis }: Rig, api: Api): Promise<Accepted> {
  const { program, port, postOf, contestant } = api;
  let figures: WindowFigures | null = null;
  const watch = () => {
    const close = openWindow({ own: [program.pid], redis: redis.pid });
    return () => {
      figures = close();
    };
  };
  const load = await drive({ port, postOf, concurrency, warmMs, measureMs, openWindow: watch });
  if (load.refused > 0) throw new Error(`${contestant} refused ${load.refused} purchases.`);
  const rows = openRows(api.databaseUrl);
  const purchases = await rows.count(api.counts.purchases);
  await rows.close();
  const { seconds, cpuSeconds, redisCpuSeconds, othersShare } = closed(figures);
  return {
    contestant,
    value: load.acceptedInWindow / seconds,
    cpuPer10k: (cpuSeconds / load.acceptedInWindow) * 10_000,
    redisCpuPer10k: (redisCpuSeconds / load.acceptedInWindow) * 10_000,
    memoryMb: peakMemoryMb(program.pid),
    lost: Math.max(0, load.accepted - purchases),
    doubled: Math.max(0, purchases - load.accepted),
    othersShare,
  };
}

/** Narrows what a callback has set. */
export function closed(figures: WindowFigures | null): WindowFigures {
  if (!figures) throw new Error('The window was never closed.');
  return figures;
}

async function acceptInPython(rig: Rig, peer: PythonPeer): Promise<Accepted> {
  const times = [warmMs, measureMs].map((ms) => String(ms / 1000));
  const program = startPython(rig, peer, ['accept', String(concurrency), ...times]);
  await program.until('window-opened');
  const close = openWindow({ own: [program.pid], redis: rig.redis.pid });
  const report = (await program.until('window-closed')) as unknown as PythonReport;
  const { othersShare } = close();
  const { accepted = 0, acceptedInWindow = 0, rows = 0, seconds, cpu, memoryMb } = report;
  return {
    contestant: peer,
    value: acceptedInWindow / seconds,
    cpuPer10k: (cpu / acceptedInWindow) * 10_000,
    memoryMb,
    lost: Math.max(0, accepted - rows),
    doubled: Math.max(0, rows - accepted),
    othersShare,
  };
}
