import { type AddressFilter, readMachinesAt } from '#db/reads/addresses.ts';
import { isOwn, type Owned } from '#db/reads/customers.ts';
import { readDuePage, readReleased } from '#db/reads/due.ts';
import { type EventFilter, readEvents, readEventWithCauses, readHistory } from '#db/reads/events.ts';
import { countReleased, readFigures } from '#db/reads/figures.ts';
import type { Handle } from '#db/reads/handles.ts';
import { readJobSubjects } from '#db/reads/job-subjects.ts';
import {
  type JobFilter,
  type RetriableFilter,
  readJob,
  readJobInFront,
  readJobs,
  readRetriable,
} from '#db/reads/jobs.ts';
import { readServer, readServers, type ServerFilter } from '#db/reads/servers.ts';
import { readSimilarCustomers } from '#db/reads/similar-customers.ts';
import { readWhy } from '#db/reads/why.ts';
import { readCheckpoint, readMachinesLeft, readWork } from '#db/reads/work.ts';
import type { Job } from '#db/tables.ts';
import { type Run, slices } from './run.ts';

export function jobReads(read: Run) {
  return {
    readWork: (jobId: string) => read('work', (context) => readWork(context, jobId)),
    readCheckpoint: (jobId: string) => read('checkpoint', (context) => readCheckpoint(context, jobId)),
    readDuePage: (page: { now: Date; releasedBefore: Date; after: string; limit: number }) =>
      read('due', (context) => readDuePage(context, page)),
    readReleased: (ids: readonly string[]) => read('released', (context) => readReleased(context, ids)),
    countReleased: () => countReleased(slices(read, 'count released')),
    readJob: (id: string) => read('job', (context) => readJob(context, id)),
    readJobs: (filter: JobFilter) => read('jobs', (context) => readJobs(context, filter)),
    readRetriable: (filter: RetriableFilter) => read('retriable', (context) => readRetriable(context, filter)),
    readJobSubjects: (ids: readonly string[]) => read('job subjects', (context) => readJobSubjects(context, ids)),
    readJobInFront: (job: Pick<Job, 'line' | 'position'>) =>
      read('job in front', (context) => readJobInFront(context, job)),
  };
}

export function serverReads(read: Run) {
  return {
    readServer: (id: string) => read('server', (context) => readServer(context, id)),
    readMachinesLeft: (serverId: string) => read('machines left', (context) => readMachinesLeft(context, serverId)),
    readServers: (filter: ServerFilter) => read('servers', (context) => readServers(context, filter)),
    /** Oldest first, only entries after the given one. */
    readHistory: (serverId: string, after: number, limit: number) =>
      read('history', (context) => readHistory(context, { serverId, after, limit })),
    readEvents: (filter: EventFilter) => readEvents(slices(read, 'events'), filter),
    readEventWithCauses: (uid: string, owner: string | null = null) =>
      read('event', (context) => readEventWithCauses(context, uid, owner)),
    readWhy: (handle: Handle, owner: string | null = null) => read('why', (context) => readWhy(context, handle, owner)),
    /** Whether the thing exists and is this customer's. */
    isOwn: (thing: { kind: Owned; id: string }, customer: string) =>
      read('own', (context) => isOwn(context, thing, customer)),
    readMachinesAt: (filter: AddressFilter) => read('machines at', (context) => readMachinesAt(context, filter)),
    /** The customers whose names follow the text in the order of the index, 200 servers' worth of them. */
    readSimilarCustomers: (text: string) => read('similar customers', (context) => readSimilarCustomers(context, text)),
    readFigures: () => readFigures(slices(read, 'figures')),
  };
}
