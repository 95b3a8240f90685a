import type { Attempt } from './attempt.ts';
import type { Facts } from './facts.ts';
import { outcomeOf } from './tally.ts';

/** A sentence for each acknowledged command that did not have its effect. */
export function unfulfilled(facts: Facts): string[] {
  return [...unfulfilledPurchases(facts), ...unfulfilledCommands(facts)];
}

function unfulfilledPurchases(facts: Facts): string[] {
  return facts.book
    .filter(({ kind, outcome }) => kind === 'purchase' && outcome === 'acknowledged')
    .filter((attempt) => outcomeOf(facts, attempt) === 'lost')
    .map(({ serverId }) => {
      const server = facts.dump.servers.find(({ id }) => id === serverId);
      const [error] = facts.dump.jobs.filter((job) => job.serverId === serverId && job.error).map(({ error }) => error);
      return `Server ${serverId} is ${server?.status ?? 'missing'}${error ? ` (${error})` : ''}.`;
    });
}

/** Each of these commands cancels one of the other that waits. */
const opposites: Partial<Record<Attempt['kind'], Attempt['kind']>> = { suspend: 'resume', resume: 'suspend' };

/**
 * The job of each acknowledged command has succeeded. A destroy may also have cancelled it, or for a suspension or a
 * resume a later command of the other kind.
 */
function unfulfilledCommands({ dump, book, promised }: Facts): string[] {
  const destroyRequests = destroyRequestsIn(book);
  return book
    .filter(({ kind, outcome }) => kind !== 'purchase' && outcome === 'acknowledged')
    .flatMap(({ kind, jobId, serverId, askedAt }) => {
      const job = dump.jobs.find(({ id }) => id === jobId);
      const isUndone = book.some(
        (later) => later.kind === opposites[kind] && later.serverId === serverId && later.askedAt >= askedAt,
      );
      if (job?.state === 'cancelled' && isUndone) return [];
      if (!job) return [`The ${kind} ${jobId} of ${serverId} is missing.`];
      if (job.state === 'succeeded' || (job.state === 'cancelled' && destroyRequests.has(serverId))) return [];
      if (promised.mayFail && job.state === 'failed') return [];
      return [`The ${kind} ${jobId} of ${serverId} is ${job.state}: ${job.error}`];
    });
}

/** A sentence for each command that was refused or never answered despite retries. None if `mayFail`. */
export function unanswered({ book, promised }: Pick<Facts, 'book' | 'promised'>): string[] {
  const destroyRequests = destroyRequestsIn(book);
  return book
    .filter(({ kind, outcome, serverId }) => {
      const isMoot = kind !== 'purchase' && outcome === 'refused' && destroyRequests.has(serverId);
      return outcome !== 'acknowledged' && !isMoot && !promised.mayFail;
    })
    .map(({ kind, serverId, outcome, why }) => `A ${kind} (${serverId ?? 'new'}) is ${outcome}: ${why}`);
}

/** The time of the first request to destroy each server, in ms of the epoch, by the server's id. */
export function destroyRequestsIn(book: readonly Attempt[]): ReadonlyMap<string | null, number> {
  const destroys = book.filter(({ kind }) => kind === 'destroy');
  return new Map(destroys.toReversed().map(({ serverId, askedAt }) => [serverId, askedAt]));
}
