import type pg from 'pg';
import { type Context, type HotQuery, isHot, type Steps } from '#db/steps.ts';
import { type Statement, sendBatch } from './batch.ts';
import { isAnswerLost } from './errors.ts';
import {
  type DrizzleQuery,
  type Queries,
  type QueryOptions,
  queriesOver,
  statementWithResult,
  type Values,
} from './queries.ts';

export type StepsOf<R> = (context: Context) => Steps<R>;

export type RunSteps = <R>(steps: StepsOf<R>) => Promise<R>;

/** The part of a transaction between its begin and its commit. */
export type Body<R> = (run: RunSteps) => Promise<R>;

/** Runs transactions over one connection, one after the other. */
export interface TransactionSession {
  /** One transaction of all these bodies, whose queries come in between each other. If one throws, none is recorded. */
  run<R>(bodies: readonly Body<R>[]): Promise<R[]>;
}

export interface SessionOptions extends QueryOptions {
  /** The statements that begin a transaction. */
  readonly begin: readonly string[];
  /** The answer to the commit of these did not arrive. They may have been recorded. */
  readonly onCommitLost: (bodies: readonly Body<unknown>[]) => void;
}

/**
 * All queries that are asked in one turn leave as one message. The begin and writes wait for the next query whose rows
 * are read, or for the commit.
 */
export function openSession(client: pg.PoolClient, options: SessionOptions): TransactionSession {
  let unsent: Statement[] = [];
  /** Resolves once the unsent statements have run. */
  let sent: PromiseWithResolvers<void> | null = null;
  const send = () => {
    const [statements, waiting] = [unsent, sent];
    [unsent, sent] = [[], null];
    const sending = sendBatch(client, statements);
    waiting?.resolve(sending);
    return sending;
  };
  const sendAfterTurn = () => {
    const waiting = Promise.withResolvers<void>();
    process.nextTick(() => sent === waiting && send());
    return waiting;
  };
  const query = async (asked: DrizzleQuery, values: readonly unknown[]) => {
    const statement = statementWithResult(asked, values);
    unsent.push(statement);
    sent ??= sendAfterTurn();
    await sent.promise;
    return statement.result;
  };
  const { context, read, statementOf } = queriesOver({ query }, options);
  const write = (hot: HotQuery<unknown>, values: Values) => void unsent.push(statementOf(hot, values));
  const run: RunSteps = async (steps) => runSteps(steps(context), { read, write });
  const add = (text: string, tag?: string) => {
    options.trace?.(text);
    unsent.push({ name: options.nameOf({ name: text }), text, tag });
  };
  return {
    run: async (bodies) => {
      for (const text of options.begin) add(text);
      // A body may still have queries on their way when another one throws.
      const ends = await Promise.allSettled(bodies.map((body) => body(run)));
      const hasThrown = ends.some(({ status }) => status === 'rejected');
      // A write may have an error as well, which came first.
      if (hasThrown && unsent.length > 0) await send();
      const results = ends.map(resultOf);
      add('commit', 'COMMIT');
      await send().catch((error: unknown) => {
        if (isAnswerLost(error)) options.onCommitLost(bodies);
        throw error;
      });
      return results;
    },
  };
}

function resultOf<R>(end: PromiseSettledResult<R>): R {
  if (end.status === 'rejected') throw end.reason;
  return end.value;
}

interface Runner extends Pick<Queries, 'read'> {
  /** For hot queries without a result; null: they are awaited as reads are. */
  readonly write: ((query: HotQuery<unknown>, values: Values) => void) | null;
}

export async function runSteps<R>(steps: Steps<R>, { read, write }: Runner): Promise<R> {
  let step = steps.next();
  while (!step.done) {
    const { value } = step;
    if (value.query === null) step = steps.next(await value.asked);
    else if (write && isHot(value.query) && !value.query.hasResult) step = steps.next(write(value.query, value.values));
    else if (value.isAhead) step = steps.next(handled(read(value.query, value.values)));
    else step = steps.next(await read(value.query, value.values));
  }
  return step.value;
}

/** If an earlier query fails, nobody reads the rows of this one, and its own failure must not end the process. */
function handled(rows: PromiseLike<unknown>): PromiseLike<unknown> {
  rows.then(undefined, () => undefined);
  return rows;
}
