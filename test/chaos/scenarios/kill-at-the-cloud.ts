import { jobTraits } from '#db/job-traits.ts';
import { whyNoPostgres } from '../../postgres.ts';
import { ownPostgres } from '../own-postgres.ts';
import type { Scenario } from '../scenario.ts';
import { killCaller, slowListings } from './kill-caller.ts';
import { live, nameOf, type Phase } from './life.ts';

interface Point {
  readonly id: string;
  readonly about: string;
  /** The call during which the simulator kills its caller: a listing, or an order or removal. */
  readonly at: 'listing' | 'change';
  readonly when: 'arrived' | 'acted' | 'answered';
}

const points: readonly Point[] = [
  { id: 'kill-in-hand', about: 'while it lists machines of earlier attempts', at: 'listing', when: 'acted' },
  { id: 'kill-looked', about: 'after that listing', at: 'listing', when: 'answered' },
  { id: 'kill-asked', about: 'when the provider has received the call and not acted', at: 'change', when: 'arrived' },
  { id: 'kill-acted', about: 'when the provider has acted and not answered', at: 'change', when: 'acted' },
  { id: 'kill-answered', about: 'when the provider has answered', at: 'change', when: 'answered' },
];

const onSqlite: readonly Scenario[] = points.map((point) => ({
  id: point.id,
  about: `kill -9 of the worker ${point.about}; in create, rebuild, retire, suspend, resume and destroy`,
  runs: { full: 20, quick: point.id === 'kill-acted' ? 1 : 0 },
  atOnce: 5,
  // One job for each worker, so that a kill interrupts one server only.
  setting: { concurrency: 1 },
  promise: { p95Seconds: 15, worstSeconds: 20 },
  run: async (stage) => {
    const { cloud } = stage.installation;
    await cloud.addFaultRule(slowListings);
    await live(stage.installation, (phase, serverId) => {
      const { when } = point;
      return killCaller(
        stage,
        { operation: operationOf(point, phase), label: nameOf(serverId, phase), when },
        serverId,
      );
    });
  },
}));

const onPostgres = onSqlite
  .filter(({ id }) => id === 'kill-acted')
  .map((scenario) => ({
    ...scenario,
    id: `${scenario.id}-postgres`,
    about: `${scenario.about}, on Postgres`,
    runs: { full: 10, quick: 0 },
    setting: { ...scenario.setting, database: ownPostgres },
    skipReason: whyNoPostgres,
  }));

export const killedAtTheCloud: readonly Scenario[] = [...onSqlite, ...onPostgres];

function operationOf({ at }: Point, { kind }: Phase): string {
  if (at === 'listing') return 'list';
  return jobTraits[kind].makesMachine ? 'create' : 'delete';
}
