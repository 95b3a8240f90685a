import type pg from 'pg';
import { isHot } from '#db/steps.ts';
import { type Statement, sendBatch } from './batch.ts';
import { isBrokenConnection, isFatal } from './errors.ts';
import { type DrizzleQuery, type Queries, type QueryOptions, queriesOver, statementWithResult } from './queries.ts';
import { type RunSteps, runSteps } from './session.ts';
import { createTogether } from './together.ts';

/** Two messages keep Postgres at work: one is on its way while it answers the other. */
const messages = { atOnce: 2, mostItems: 64 };

/**
 * Runs the steps of reads over connections of the pool. Short queries that are asked while others run go together as one
 * message.
 */
export function openReader(pool: pg.Pool, options: QueryOptions): RunSteps {
  const together = createTogether<Statement>({
    ...messages,
    runTogether: async (statements) => {
      await sendOverPool(pool, statements);
      return statements.map(({ result }) => result);
    },
  });
  const query = (asked: DrizzleQuery, values: readonly unknown[]): Promise<pg.Result> => {
    const alone = async (failure?: unknown) => {
      if (failure !== undefined) throw failure;
      // A message that failed may have read rows into the other result.
      const again = statementWithResult(asked, values);
      await sendOverPool(pool, [again]);
      return again.result;
    };
    return together({ item: statementWithResult(asked, values), alone });
  };
  const short = queriesOver({ query }, options);
  const other = queriesOver(pool, options);
  const read: Queries['read'] = (asked, values) => (isHot(asked) && asked.isShort ? short : other).read(asked, values);
  return (steps) => runSteps(steps(other.context), { read, write: null });
}

async function sendOverPool(pool: pg.Pool, statements: readonly Statement[]): Promise<void> {
  const client = await pool.connect();
  let isReusable = true;
  try {
    await sendBatch(client, statements);
  } catch (error) {
    isReusable = !isBrokenConnection(error) && !isFatal(error);
    throw error;
  } finally {
    client.release(!isReusable);
  }
}
