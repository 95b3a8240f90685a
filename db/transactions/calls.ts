import { type JobCall, mostCalls } from '#db/calls.ts';
import { askHot, given, type HotQuery, hotWrite, type Steps } from '#db/steps.ts';

/** One statement for each number of rows, since a statement of a settle costs more than its rows. */
const inserts = Array.from({ length: mostCalls }, (_, at) => insertOf(at + 1));

function insertOf(count: number): HotQuery<unknown> {
  return hotWrite(`insert_calls_${count}`, ({ db, t: { calls } }) => {
    const { jobId, n, at, service, operation, target, outcome, ms, message } = calls;
    const row = (number: number) => ({
      jobId: given('jobId', jobId),
      n: given(`n${number}`, n),
      at: given(`at${number}`, at),
      service: given(`service${number}`, service),
      operation: given(`operation${number}`, operation),
      target: given(`target${number}`, target),
      outcome: given(`outcome${number}`, outcome),
      ms: given(`ms${number}`, ms),
      message: given(`message${number}`, message),
    });
    return db.insert(calls).values(Array.from({ length: count }, (_, number) => row(number)));
  });
}

/** Writes the calls of a job, at most `mostCalls`, in the transaction that ends it. */
export function* recordCalls(jobId: string, calls: readonly JobCall[]): Steps<void> {
  const insert = inserts[calls.length - 1];
  if (!insert) return;
  const values = calls.flatMap((call, number) =>
    Object.entries(call).map(([field, value]) => [`${field}${number}`, value] as const),
  );
  yield* askHot(insert, { jobId, ...Object.fromEntries(values) });
}
