import type { Words } from '../redis-proxy.ts';
import type { Scenario, Stage } from '../scenario.ts';
import type { Attempt } from '../shop.ts';
import { nextCallFor, serverOf } from './life.ts';

interface Point {
  readonly id: string;
  readonly about: string;
  readonly fits: (words: Words) => boolean;
  readonly reachesRedis: boolean;
}

const points: readonly Point[] = [
  {
    id: 'kill-api-committed',
    about: 'kill -9 of the API after the commit and before it publishes; purchase, rebuild and destroy',
    fits: (words) => isWord(words[0], 'exists') && words[1]?.includes(':job-') === true,
    reachesRedis: false,
  },
  {
    id: 'kill-api-published',
    about: 'kill -9 of the API right after it has published; purchase, rebuild and destroy',
    fits: (words) => words.some((word) => word.includes('"publishedBy"')),
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

/** The client asks again, with the same key, until the API is back; the job runs whether it does or not. */
async function killedDuring(
  stage: Stage,
  { fits, reachesRedis }: Point,
  ask: () => Promise<Attempt>,
): Promise<Attempt> {
  const { installation } = stage;
  const trapped = installation.trap({ among: 'api', fits, reachesRedis });
  const attempt = await ask();
  const { at } = await trapped;
  await installation.api.start();
  const next = await nextCallFor(installation, serverOf(attempt), at, '');
  stage.recovered(next.startedAt - at);
  return attempt;
}

function isWord(word: Buffer | undefined, text: string): boolean {
  return word?.toString().toLowerCase() === text;
}
