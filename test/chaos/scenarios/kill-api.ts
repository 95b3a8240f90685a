import type { Attempt } from '../attempt.ts';
import type { RedisCommand } from '../redis-proxy.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { nextCallFor, serverOf } from './life.ts';

interface Point {
  readonly id: string;
  readonly about: string;
  /** Whether Redis still receives the command that publishes the job. */
  readonly reachesRedis: boolean;
}

const points: readonly Point[] = [
  {
    id: 'kill-api-committed',
    about: 'kill -9 of the API after the commit and before it publishes; purchase, rebuild and destroy',
    reachesRedis: false,
  },
  {
    id: 'kill-api-published',
    about: 'kill -9 of the API right after it has published; purchase, rebuild and destroy',
    reachesRedis: true,
  },
];

export const killedApi: readonly Scenario[] = points.map((point) => ({
  id: point.id,
  about: point.about,
  runs: { full: 20, quick: point.id === 'kill-api-committed' ? 1 : 0 },
  setting: { proxied: true },
  promise: { p95Seconds: 15, worstSeconds: 20 },
  run: async (stage) => {
    const { shop } = stage.installation;
    const id = serverOf(await killedDuring(stage, point, () => shop.buy()));
    await shop.until(id, 'running');
    await killedDuring(stage, point, () => shop.rebuild(id));
    await shop.until(id, 'running');
    await killedDuring(stage, point, () => shop.destroy(id));
    await shop.until(id, 'destroyed');
  },
}));

/** The client retries with the same key until the API is back. The job must run. */
async function killedDuring(stage: Stage, { reachesRedis }: Point, send: () => Promise<Attempt>): Promise<Attempt> {
  const { installation } = stage;
  const killed = installation.killOnCommand({ group: 'api', matches: isPublishing, reachesRedis });
  const attempt = await send();
  const { at } = await killed;
  await installation.api.start();
  const next = await nextCallFor(installation, { serverId: serverOf(attempt), at: at });
  stage.recovered(next.startedAt - at);
  return attempt;
}

function isPublishing(command: RedisCommand): boolean {
  return command.some((argument) => argument.includes('"publishedBy"'));
}
