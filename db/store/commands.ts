import type { Database } from '#db/database.ts';
import { folded } from '#db/fold.ts';
import type { Settlement } from '#db/model.ts';
import type { Context, Steps } from '#db/steps.ts';
import {
  answeredBefore,
  answerOnce,
  answerPlanned,
  type Command,
  type CommandAnswer,
} from '#db/transactions/answers.ts';
import {
  type Cancel,
  type CommandResult,
  type Rebuild,
  recordCancel,
  recordRebuild,
  recordRetry,
  withMachine,
} from '#db/transactions/commands.ts';
import { recordDestroyByHand } from '#db/transactions/payments/billed.ts';
import {
  type Purchased,
  type PurchaseOrder,
  planPurchase,
  preparePurchase,
  purchasedBefore,
} from '#db/transactions/purchase.ts';
import type { Actor, Recorded } from '#db/transactions/request.ts';
import { FencedError, type Settled, settle } from '#db/transactions/settle.ts';
import { type Resumption, recordResume, recordSuspend, type Suspension } from '#db/transactions/suspension.ts';
import { acceptBusyTimeoutMs, recordBusyTimeoutMs } from './busy-timeouts.ts';
import { transactOnce } from './run.ts';

/** Callers come in crowds, and commands that arrive together commit together. */
const fromCaller = { busyTimeoutMs: acceptBusyTimeoutMs, mayShare: true } as const;

/** The transactions that callers of the API ask for; each runs once per Idempotency-Key. */
export function commands(database: Database) {
  const record: Record = (name, { actor, command }, steps) => {
    const answered = (context: Context) =>
      answerOnce(context, { ...command, now: actor.now }, () => withMachine(context, steps(context)));
    if (command.idempotency) return database.transact(name, answered, fromCaller);
    return transactOnce(database, { name, steps: answered }, fromCaller);
  };
  return {
    recordPurchase: (order: PurchaseOrder, command: Command<Purchased>): Promise<CommandAnswer<Purchased>> => {
      const rows = planPurchase(order);
      let tries = 0;
      const answered = function* (context: Context) {
        const before = tries++ > 0 ? yield* purchasedBefore(context, rows) : null;
        if (before) return { body: yield* answeredBefore(context, command, rows), recorded: before };
        const write = yield* preparePurchase(context, order, rows);
        return yield* answerPlanned(context, { ...command, now: order.now }, { recorded: rows, write });
      };
      // A limit of servers is kept by a lock, and a rank counts the customer's servers.
      const interleaveApart = order.maxServers === null ? folded(order.customer) : null;
      return database.transact('record purchase', answered, {
        ...fromCaller,
        interleaveApart,
      });
    },
    recordRebuild: (rebuild: Rebuild, actor: Actor, command: Asked) =>
      record('record rebuild', { actor, command }, (context) => recordRebuild(context, rebuild, actor)),
    recordSuspend: (suspension: Suspension, actor: Actor, command: Asked) =>
      record('record suspend', { actor, command }, (context) => recordSuspend(context, suspension, actor)),
    recordResume: (resumption: Resumption, actor: Actor, command: Asked) =>
      record('record resume', { actor, command }, (context) => recordResume(context, resumption, actor)),
    recordDestroy: (serverId: string, actor: Actor, command: Asked) =>
      record('record destroy', { actor, command }, (context) => recordDestroyByHand(context, serverId, actor)),
    recordRetry: (jobId: string, actor: Actor, command: Asked) =>
      record('record retry', { actor, command }, (context) => recordRetry(context, jobId, actor)),
    recordCancel: (cancel: Cancel, actor: Actor, command: Asked) =>
      record('record cancel', { actor, command }, (context) => recordCancel(context, cancel, actor)),
  };
}

type Asked = Command<CommandResult>;

type Record = (
  name: string,
  asked: { readonly actor: Actor; readonly command: Asked },
  steps: (context: Context) => Steps<Recorded>,
) => Promise<CommandAnswer<CommandResult>>;

/** The one transaction of a job. `fenced`: the job was closed before, and nothing was changed. */
export async function settleOnce(database: Database, settlement: Settlement): Promise<Settled> {
  try {
    let tries = 0;
    return await database.transact('settle', (context) => settle(context, settlement, tries++ > 0), {
      busyTimeoutMs: recordBusyTimeoutMs,
    });
  } catch (error) {
    if (error instanceof FencedError) return { end: 'fenced' };
    throw error;
  }
}
