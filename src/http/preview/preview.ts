import { randomUUID } from 'node:crypto';
import { turnOf } from '#db/events.ts';
import { jobTraits } from '#db/job-traits.ts';
import type { NewEvent } from '#db/transactions/events.ts';
import { type Call, handled, type Reply, type Route, reply } from '#src/http/route.ts';
import type { Services } from '#src/http/services/services.ts';
import { type CommandResultView, commandResultShape } from '#src/http/shapes/command-result.ts';
import type { Preview } from '#src/http/shapes/preview.ts';
import { previewServices } from './preview-services.ts';
import { summaryOf } from './summary.ts';

type Would = Preview['would'];

/** Calls the handler without any effect, and answers what the call would do. Throws what the handler throws. */
export async function previewed(route: Route, call: Call, services: Services): Promise<Reply<200, Preview>> {
  const preview = previewServices(services);
  // A key of its own: a stored answer says nothing of what the call would do now.
  const headers = { ...(call.headers as object), 'Idempotency-Key': `preview-${randomUUID()}` };
  const answer = await route.handle({ ...call, headers }, preview.services);
  if (answer === handled) throw new Error(`${route.path} writes its answer itself, so that it has no preview.`);
  const would = await describe(answer, preview.events, services);
  return reply(200, { would: { summary: summaryOf(route, would), ...would } });
}

async function describe(
  answer: Reply,
  events: readonly NewEvent[],
  services: Services,
): Promise<Omit<Would, 'summary'>> {
  const commanded = commandResultShape.safeParse(answer.body).data ?? null;
  const isAdded = commanded !== null && events.some((event) => adds(event, commanded.job.id));
  return {
    makes: isAdded ? await machinesMade(commanded, services) : [],
    removes: isAdded ? await machinesRemoved(commanded, services) : [],
    cancels: events.flatMap(({ type, jobId }) => (jobId && turnOf(type) === 'cancelled' ? [jobId] : [])),
    events: events.map(({ type, subject = null, detail }) => ({ type, subject, detail })),
  };
}

/** Otherwise the command has only found or cancelled the job. */
function adds({ type, jobId }: NewEvent, id: string): boolean {
  const turn = turnOf(type);
  return jobId === id && (turn === 'requested' || turn === 'started');
}

async function machinesMade({ job, server }: CommandResultView, { catalogue }: Services): Promise<Would['makes']> {
  if (!jobTraits[job.kind].makesMachine) return [];
  const place = { location: job.location ?? server.location, plan: job.plan ?? server.plan };
  const sold = (await catalogue())?.plans.find(({ id }) => id === place.plan);
  return [{ ...place, monthlyCost: sold ? { amount: sold.monthlyCost, currency: sold.currency } : null }];
}

async function machinesRemoved({ job, server }: CommandResultView, { store }: Services): Promise<Would['removes']> {
  const { about, makesMachine } = jobTraits[job.kind];
  if (about === 'machine' && !makesMachine) return [];
  const left = await store.readMachinesLeft(server.id);
  const going = about === 'server' ? left : left.filter(({ state }) => state === 'current');
  return going.map(({ name, location, ipv4 }) => ({ name, location, ipv4 }));
}
