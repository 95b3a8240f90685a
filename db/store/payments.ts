import type { Database } from '#db/database.ts';
import { countDueLooks, readDueLooks, readOpenLooks } from '#db/reads/due-looks.ts';
import {
  readNotice,
  readPaymentTroubles,
  readSubscription,
  readSubscriptionInFull,
  readSubscriptions,
  type SubscriptionFilter,
} from '#db/reads/payments.ts';
import { answerOnce, type Command, type Idempotency, readAnswer } from '#db/transactions/answers.ts';
import { type NewEvent, recordEvent } from '#db/transactions/events.ts';
import type { Application } from '#db/transactions/payments/application.ts';
import { applySubscription } from '#db/transactions/payments/apply.ts';
import {
  type Decision,
  holdAbsent,
  type Listed,
  recordListed,
  releaseHold,
  requestLook,
} from '#db/transactions/payments/looks.ts';
import {
  forgetNotices,
  type IgnoredNotice,
  ignoreNotice,
  type NewNotice,
  type NoticeRun,
  recordNotices,
} from '#db/transactions/payments/notices.ts';
import type { Actor } from '#db/transactions/request.ts';
import { recordBusyTimeoutMs } from './busy-timeouts.ts';
import type { Run, Runs } from './run.ts';

export function payments(database: Database, { read, accept }: Pick<Runs, 'read' | 'accept'>) {
  const apply: Run = (name, steps) => database.transact(name, steps, { busyTimeoutMs: recordBusyTimeoutMs });
  return {
    ...paymentReads(read),
    recordNotices: (notices: readonly NewNotice[], now: Date) =>
      accept('record notices', (context) => recordNotices(context, notices, now)),
    applySubscription: (application: Application) =>
      apply('apply subscription', (context) => applySubscription(context, application)),
    ignoreNotice: (notice: IgnoredNotice) => apply('ignore notice', (context) => ignoreNotice(context, notice)),
    holdAbsent: (id: string, run: NoticeRun & { readonly now: Date }) =>
      apply('hold absent', (context) => holdAbsent(context, id, run)),
    recordListed: (listed: Listed) => apply('record listed', (context) => recordListed(context, listed)),
    requestLook: (id: string, actor: Actor) => accept('request look', (context) => requestLook(context, id, actor)),
    releaseHold: (decision: Decision, actor: Actor) =>
      accept('release hold', (context) => releaseHold(context, decision, actor)),
    /** Stores an answer that another service has given under its key, with its event. Throws KeyReusedError. */
    recordAnswer: (command: Command<NewEvent>, event: NewEvent) =>
      accept('record answer', (context) =>
        answerOnce(context, { ...command, now: event.at }, function* () {
          yield* recordEvent(context, event);
          return event;
        }),
      ),
  };
}

function paymentReads(read: Run) {
  return {
    readNotice: (id: string) => read('notice', (context) => readNotice(context, id)),
    readSubscription: (id: string) => read('subscription', (context) => readSubscription(context, id)),
    readSubscriptionInFull: (id: string) =>
      read('subscription in full', (context) => readSubscriptionInFull(context, id)),
    readSubscriptions: (filter: SubscriptionFilter) =>
      read('subscriptions', (context) => readSubscriptions(context, filter)),
    readDueLooks: (page: { now: Date; releasedBefore: Date; after: string; limit: number }) =>
      read('due looks', (context) => readDueLooks(context, page)),
    readOpenLooks: (ids: readonly string[], now: Date) =>
      read('open looks', (context) => readOpenLooks(context, ids, now)),
    countDueLooks: (now: Date) => read('count due looks', (context) => countDueLooks(context, now)),
    readPaymentTroubles: (waitingSince: Date) =>
      read('payment troubles', (context) => readPaymentTroubles(context, waitingSince)),
    /** The stored answer; undefined: the key is new. Throws KeyReusedError. */
    readAnswer: (idempotency: Idempotency) => read('answer', (context) => readAnswer(context, idempotency)),
  };
}

const noticesPerPage = 1_000;

export function forgetting(upkeep: Run) {
  return {
    /** One transaction per 1,000 notices. Returns how many it deleted. */
    forgetNotices: async (before: Date) => {
      let forgotten = 0;
      for (let page = noticesPerPage; page === noticesPerPage; forgotten += page)
        page = await upkeep('forget notices', (context) => forgetNotices(context, before, noticesPerPage));
      return forgotten;
    },
  };
}
