import type { z } from 'zod';
import { jobTraits } from '#db/job-traits.ts';
import { allows } from '#db/model.ts';
import type { DeviceLabel, Job, Schedule } from '#db/tables.ts';
import type { Location } from '#queues/ports/provider.ts';
import type { jobShape } from '#src/http/shapes/job.ts';
import { viewJob } from '#src/http/shapes/job-view.ts';
import { type StateText, stateTexts } from './texts.ts';
import { type AwaitedKind, awaitedKinds } from './usual-times.ts';
import type { Visit } from './visit.ts';

/** Everything that the sections of a page show. */
export interface Scene {
  readonly state: StateText;
  /** Something happens without the customer: the page is loaded again. */
  readonly isBusy: boolean;
  /** The job that runs or waits for the server itself; null: none. */
  readonly job: z.output<typeof jobShape> | null;
  /** How long such a job usually takes, in seconds; null: not known. */
  readonly usualSeconds: number | null;
  /** The same for a rebuild that is not asked for yet; null: not known, or the link may not ask for one. */
  readonly usualRebuildSeconds: number | null;
  /** The last rebuild or resume that has ended; null: none. */
  readonly lastMove: Job | null;
  /** Until when the machine before may still serve; null: it is gone. */
  readonly oldUntil: Date | null;
  readonly labels: readonly DeviceLabel[];
  readonly schedule: Schedule | null;
  /** The place of the server. */
  readonly place: Location;
  /** The other places that have the server's plan now. */
  readonly otherPlaces: readonly Location[];
  /** Whether a rebuild can be asked for now. */
  readonly mayRebuild: boolean;
}

/** Reads what the page shows. Nothing waits for the cloud, and Redis has 300 ms to tell the progress. */
export async function readScene(visit: Visit): Promise<Scene> {
  const { server, may, services } = visit;
  const { store } = services;
  const openJobs = (await store.readServer(server.id))?.openJobs ?? [];
  const next = openJobs.find(({ kind }) => jobTraits[kind].line === 'server');
  const old = openJobs.find(({ kind }) => jobTraits[kind].line === 'machine');
  const { place, otherPlaces } = await placesOf(visit);
  const isBusy = next !== undefined;
  return {
    state: stateTexts[server.status],
    isBusy,
    job: next === undefined ? null : await viewJob(services, next),
    usualSeconds: next !== undefined && isAwaited(next.kind) ? await visit.usualTimes(next.kind) : null,
    usualRebuildSeconds: may.includes('rebuild') ? await visit.usualTimes('rebuild') : null,
    lastMove: await readLastMove(visit),
    oldUntil: old === undefined ? null : (old.dueAt ?? old.createdAt),
    labels: may.includes('vpn') ? await store.readDeviceLabels(server.id) : [],
    schedule: may.includes('schedule') ? await store.readSchedule(server.id) : null,
    place,
    otherPlaces,
    mayRebuild: !isBusy && server.status === 'running' && allows(server.status, 'rebuild'),
  };
}

function isAwaited(kind: Job['kind']): kind is AwaitedKind {
  return awaitedKinds.some((one) => one === kind);
}

/** The newest rebuild or resume of the server, unless it is open or was cancelled. */
async function readLastMove({ server, services: { store } }: Visit): Promise<Job | null> {
  const newest = (kind: 'rebuild' | 'resume') => store.readJobs({ serverId: server.id, kind, limit: 1 });
  const moves = [...(await newest('rebuild')), ...(await newest('resume'))];
  const [last] = moves.toSorted((a, b) => b.position - a.position);
  return last?.finishedAt && last.state !== 'cancelled' ? last : null;
}

async function placesOf({ server, machine, services }: Visit): Promise<Pick<Scene, 'place' | 'otherPlaces'>> {
  const catalogue = await services.catalogue();
  const at = machine?.location ?? server.location;
  const all = catalogue?.locations ?? [];
  const place = all.find(({ id }) => id === at) ?? { id: at, city: at, country: '' };
  const isOurs = server.provider === services.config.provider;
  const sold = catalogue?.plans.find(({ id }) => id === server.plan)?.locations ?? [];
  const otherPlaces = all.filter(({ id }) => isOurs && id !== server.location && sold.includes(id));
  return { place, otherPlaces: otherPlaces.toSorted((a, b) => a.city.localeCompare(b.city, 'en')) };
}
