import type pg from 'pg';
import { expect, test } from 'vitest';
import { openReader } from '#db/postgres/reader.ts';
import { askHot, hotRow, type Steps } from '#db/steps.ts';

const short = hotRow('short', ({ db, t }) => db.select({ name: t.settings.name }).from(t.settings));

/** A pool whose connections answer each message with this error. */
function failingPool(error: Error) {
  const released: unknown[] = [];
  const client = {
    query: (batch: { handleError(error: Error): void }) => batch.handleError(error),
    release: (destroy: unknown) => released.push(destroy),
  };
  return { released, pool: { connect: async () => client } as unknown as pg.Pool };
}

async function readOver(pool: pg.Pool): Promise<unknown> {
  const read = openReader(pool, { nameOf: () => undefined, trace: undefined });
  const steps = function* (): Steps<unknown> {
    return yield* askHot(short, {});
  };
  return read(steps).catch((error: unknown) => error);
}

test.each([
  ['that Postgres closes after the error', { severity: 'FATAL', code: '57P01' }, true],
  ['that leads to a standby', { severity: 'ERROR', code: '25006' }, true],
  ['whose statement has failed', { severity: 'ERROR', code: '22012' }, false],
])('a connection %s goes back to the pool to be closed: %o, %s', async (_, fields, isClosed) => {
  const { pool, released } = failingPool(Object.assign(new Error('failed'), fields));
  await readOver(pool);
  expect(released).toEqual([isClosed]);
});
