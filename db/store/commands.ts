import type { Database } from '#db/database.ts';
import type { Settlement } from '#db/model.ts';
import type { Context, Steps } from '#db/steps.ts';
import { answerOnce, answerPlanned, type Command, type CommandAnswer } from '#db/transactions/answers.ts';
import {
  type Actor,
  type CommandResult,
  type Rebuild,
  recordCancel,
  recordDestroy,
  recordRebuild,
  recordRetry,
  withMachine,
} from '#db/transactions/commands.ts';
import { type Purchased, type PurchaseOrder, planPurchase, recordPurchase } from '#db/transactions/purchase.ts';
import { FencedError, type Settled, settle } from '#db/transactions/settle.ts';

/**
 * An HTTP caller waits for the answer. A crowd of purchases waits in order for the lock. After this time the caller is
 * told to try again. Of 2,000 purchases at once at two busy APIs on two cores, the last one waited 5 s on SQLite and 13 s
 * on Postgres.
 */
const acceptBusyTimeoutMs = 20_000;
/** The job's work at the provider is done and only its record is missing, so this waits longer. */
const settleBusyTimeoutMs = 30_000;

/** The transactions that callers of the API ask for; each runs once per Idempotency-Key. */
export function commands(database: Database) {
  const accept: Accept = (name, { command, now }, steps) =>
    database.transact(name, (context) => answerOnce(context, { ...command, now }, () => steps(context)), {
      busyTimeoutMs: acceptBusyTimeoutMs,
    });
  return {
    recordPurchase: (order: PurchaseOrder, command: Command<Purchased>): Promise<CommandAnswer<Purchased>> => {
      const rows = planPurchase(order);
      const answered = (context: Context) =>
        answerPlanned(
          context,
          { ...command, now: order.now },
          {
            recorded: rows,
            write: () => recordPurchase(context, order, rows),
          },
        );
      return database.transact('record purchase', answered, { busyTimeoutMs: acceptBusyTimeoutMs });
    },
    recordRebuild: (rebuild: Rebuild, actor: Actor, command: Command<CommandResult>) =>
      accept('record rebuild', { command, now: actor.now }, (context) =>
        withMachine(context, recordRebuild(context, rebuild, actor)),
      ),
    recordDestroy: (serverId: string, actor: Actor, command: Command<CommandResult>) =>
      accept('record destroy', { command, now: actor.now }, (context) =>
        withMachine(context, recordDestroy(context, serverId, actor)),
      ),
    recordRetry: (jobId: string, actor: Actor, command: Command<CommandResult>) =>
      accept('record retry', { command, now: actor.now }, (context) =>
        withMachine(context, recordRetry(context, jobId, actor)),
      ),
    recordCancel: (jobId: string, actor: Actor, command: Command<CommandResult>) =>
      accept('record cancel', { command, now: actor.now }, (context) =>
        withMachine(context, recordCancel(context, jobId, actor)),
      ),
  };
}

type Accept = <R>(
  name: string,
  asked: { command: Command<R>; now: Date },
  steps: (context: Context) => Steps<R>,
) => Promise<CommandAnswer<R>>;

/** The one transaction of a job. `fenced`: the job was closed before, and nothing was changed. */
export async function settleOnce(database: Database, settlement: Settlement): Promise<Settled> {
  try {
    let tries = 0;
    return await database.transact('settle', (context) => settle(context, settlement, tries++ > 0), {
      busyTimeoutMs: settleBusyTimeoutMs,
    });
  } catch (error) {
    if (error instanceof FencedError) return { end: 'fenced' };
    throw error;
  }
}
