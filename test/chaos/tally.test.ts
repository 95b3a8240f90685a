import { describe, expect, test } from 'vitest';
import type { Attempt } from './attempt.ts';
import type { Facts } from './facts.ts';
import { attempt, facts, machine, server } from './scene.ts';
import { tallyOf } from './tally.ts';

const none = { ok: 0, failed: 0, lost: 0, unexpected: 0, duplicated: 0, recovered: 0, orphans: 0 };

describe('of one purchase', () => {
  test.each<[string, Facts, object]>([
    ['a running server is ok', facts(), { ok: 1 }],
    ['a missing server is lost', facts({ dump: { servers: [] } }), { lost: 1, orphans: 1 }],
    ['a server without its machine is lost', facts({ made: [] }), { lost: 1 }],
    ['a server that never ran is lost', facts({ dump: { servers: [{ ...server, status: 'failed' }] } }), { lost: 1 }],
    [
      'a second server is a double',
      facts({ dump: { servers: [server, { ...server, id: 'srv-2' }] } }),
      { ok: 1, duplicated: 1 },
    ],
    [
      'a second machine is a double even if it is removed',
      facts({ made: [machine(), machine({ id: 'vps-2', removedAt: 'now' })] }),
      { ok: 1, duplicated: 1 },
    ],
    [
      'a second machine that stays is also an orphan',
      facts({ made: [machine(), machine({ id: 'vps-2' })] }),
      { ok: 1, duplicated: 1, orphans: 1 },
    ],
    ['a server without a purchase is unexpected', facts({ book: [] }), { attempts: 0, acknowledged: 0, unexpected: 1 }],
    [
      'a server that was never acknowledged is recovered',
      facts({ book: [attempt({ outcome: 'unknown' })] }),
      { acknowledged: 0, recovered: 1 },
    ],
  ])('%s', (_, given, expected) => {
    expect(tallyOf(given)).toEqual({ attempts: 1, acknowledged: 1, ...none, ...expected });
  });
});

test('a suspended server is ok if that was asked for last, and has no machine', () => {
  const servers = [{ ...server, status: 'suspended' as const, machineId: null }];
  const judged = (...kinds: Attempt['kind'][]) =>
    tallyOf(facts({ book: kinds.map((kind) => attempt({ kind })), dump: { servers } }));
  expect(judged('purchase', 'suspend')).toMatchObject({ ok: 1, lost: 0, orphans: 1 });
  expect(judged('purchase', 'suspend', 'resume')).toMatchObject({ ok: 0, lost: 1 });
  expect(judged('purchase')).toMatchObject({ ok: 0, lost: 1 });
});

test('a server that outlives its destroy is lost, and a destroyed server has no machine', () => {
  const book = [attempt(), attempt({ kind: 'destroy', jobId: 'job-1' })];
  expect(tallyOf(facts({ book }))).toMatchObject({ ok: 0, lost: 1 });
  const servers = [{ ...server, status: 'destroyed' as const, machineId: null }];
  expect(tallyOf(facts({ book, dump: { servers } }))).toMatchObject({ ok: 1, lost: 0, orphans: 1 });
});
