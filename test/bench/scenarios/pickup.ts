import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Post, send } from '../http.ts';
import type { Contestant, Measure } from '../measure.ts';
import { ourPost, type RunningApi, startEngine, startOurApi, stopWithReport } from '../ours.ts';
import { byHandPost, startByHandApi, startByHandWorker } from '../peers.ts';
import type { Program } from '../program.ts';
import { withRig } from '../rig.ts';
import type { Scenario } from '../scenario.ts';
import { quantile } from '../statistics.ts';
import { openWindow } from '../window.ts';

const warmPurchases = 20;
const purchases = 150;
const gapMs = 20;

/** How soon an idle worker begins. */
export const pickup: Scenario = {
  name: 'pickup',
  about: `${purchases} purchases, one each ${gapMs} ms: the time from the 202 to the first call of the handler`,
  passes: 1,
  run: async ({ postgres }) => {
    const options = { workMs: 0, handshakes: false, concurrency: 50 };
    return [
      ...(await withRig(postgres, async (rig) => {
        const worker = await startEngine(rig, options);
        return measure('ours', { api: await startOurApi(rig), worker, postOf: ourPost, redis: rig.redis.pid });
      })),
      ...(await withRig(null, async (rig) => {
        const api = await startByHandApi(rig);
        const worker = await startByHandWorker(rig, options);
        return measure('by-hand', { api, worker, postOf: byHandPost, redis: rig.redis.pid });
      })),
    ];
  },
};

interface Running {
  readonly api: RunningApi;
  readonly worker: Program;
  readonly postOf: (number: number) => Post;
  readonly redis: number;
}

async function measure(contestant: Contestant, { api, worker, postOf, redis }: Running): Promise<Measure[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const answeredAt = new Map<string, number>();
  const close = openWindow({ own: [api.program.pid, worker.pid], redis });
  for (let number = 0; number < warmPurchases + purchases; number += 1) {
    const { status, body } = await send(agent, api.port, postOf(number));
    const now = performance.timeOrigin + performance.now();
    if (status !== 202) throw new Error(`${contestant} answered ${status}: ${body}`);
    if (number >= warmPurchases) answeredAt.set(serverIn(body), now);
    await delay(gapMs);
  }
  const { othersShare } = close();
  agent.destroy();
  await delay(500);
  const begun = new Map((await stopWithReport(worker)).firstCalls);
  // A worker may begin before the caller has read the 202.
  const waits = [...answeredAt].flatMap(([id, at]) => Math.max(0, (begun.get(id) ?? Number.NaN) - at));
  const lost = waits.filter(Number.isNaN).length;
  const taken = waits.filter((ms) => !Number.isNaN(ms));
  return [0.5, 0.99].map((share) => ({
    scenario: 'pickup',
    figure: `pickup p${share * 100}`,
    contestant,
    value: quantile(taken, share),
    unit: 'ms',
    lost,
    othersShare,
  }));
}

/** Both sides name the server in their answer. */
function serverIn(body: string): string {
  const answer: { server?: { id: string }; serverId?: string } = JSON.parse(body);
  return answer.server?.id ?? answer.serverId ?? '';
}
