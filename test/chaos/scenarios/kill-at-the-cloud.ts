import type { Installation } from '../installation.ts';
import type { Scenario, Stage } from '../scenario.ts';
import { until } from '../wait.ts';
import { isAbout, live, nameOf, nextCallFor, type Phase } from './life.ts';

interface Point {
  readonly id: string;
  readonly about: string;
  /** The call at which the simulator kills the worker that makes it. */
  readonly at: 'look' | 'change';
  readonly when: 'arrived' | 'acted' | 'answered';
}

const points: readonly Point[] = [
  { id: 'kill-in-hand', about: 'with the job in hand, while it looks for earlier work', at: 'look', when: 'acted' },
  { id: 'kill-looked', about: 'once it has looked', at: 'look', when: 'answered' },
  { id: 'kill-asked', about: 'when the provider got the call and has not acted', at: 'change', when: 'arrived' },
  { id: 'kill-acted', about: 'when the provider has acted and not answered', at: 'change', when: 'acted' },
  { id: 'kill-answered', about: 'when the provider has answered', at: 'change', when: 'answered' },
];

/** Slow enough that a rule for a server's first look is there before the look is over. */
const lookTakesMs = 250;

export const killedAtTheCloud: readonly Scenario[] = points.map((point) => ({
  id: point.id,
  about: `kill -9 of the worker ${point.about}; in create, rebuild, retire and destroy`,
  runs: { full: 20, quick: point.id === 'kill-acted' ? 1 : 0 },
  atOnce: 5,
  // One job each, so that a kill harms one life alone.
  setting: { concurrency: 1 },
  promise: { p95Seconds: 15, worstSeconds: 20 },
  run: async (stage) => {
    const { cloud } = stage.installation;
    await cloud.spoil({ id: 'slow-looks', kind: 'slow', operation: 'list', ms: lookTakesMs, times: null });
    await live(stage.installation, (phase, serverId) => strike(stage, point, phase, serverId));
  },
}));

async function strike(stage: Stage, { at, when }: Point, phase: Phase, serverId: string): Promise<void> {
  const { installation } = stage;
  const change = phase.kind === 'create' || phase.kind === 'rebuild' ? 'create' : 'delete';
  const operation = at === 'look' ? 'list' : change;
  const match = { label: nameOf(serverId, phase) };
  const id = await installation.cloud.spoil({ kind: 'kill', operation, when, match });
  await installation.cloud.untilStruck(id);
  const killed = await killedCall(installation, operation, serverId);
  const next = await nextCallFor(installation, serverId, killed.diedAt, killed.client);
  stage.recovered(next.startedAt - killed.diedAt);
}

async function killedCall(installation: Installation, operation: string, serverId: string) {
  const call = await until(`The call that killed ${serverId}'s worker`, async () => {
    const calls = (await installation.cloud.calls()).filter(
      (logged) => logged.operation === operation && isAbout(logged, serverId) && logged.faults.includes('kill'),
    );
    return calls.find(({ finishedAt }) => finishedAt !== null && finishedAt > Date.now() - 30_000) ?? null;
  });
  return { client: call.client, diedAt: call.finishedAt ?? call.startedAt };
}
