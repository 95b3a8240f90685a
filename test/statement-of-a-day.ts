import type { Statement } from '#db/statements.ts';

const none = { count: 0, first: [] } as const;
const since = '2026-01-30T08:00:00.000Z';

/** A whole statement with one of each trouble, for the tests that show it. */
export const statementOfADay: Statement = {
  day: '2026-01-31',
  zone: 'UTC',
  from: '2026-01-31T00:00:00.000Z',
  to: '2026-02-01T00:00:00.000Z',
  writtenAt: '2026-02-01T00:01:00.000Z',
  complete: true,
  machines: { billed: 3, owned: 2, unknown: 1, missing: 0 },
  usage: [
    { provider: 'simulator', plan: 'vc2-1c-1gb', isOrphan: false, hours: 48, cost: { currency: 'USD', amount: 33 } },
    { provider: 'simulator', plan: 'vc2-1c-2gb', isOrphan: true, hours: 24, cost: null },
  ],
  estimate: 'hours × monthly price / 730',
  cost: [{ currency: 'USD', amount: 33 }],
  orphanCost: null,
  paid: [{ currency: 'USD', amount: 900 }],
  refunded: [],
  disputed: [],
  margin: [{ currency: 'USD', amount: 867 }],
  owed: { count: 1, first: [{ serverId: 'srv-1m8kjkdfy007gb8cf4', status: 'failed', since }] },
  servedUnpaid: none,
  payingForNothing: { count: 1, first: [{ subscriptionId: 'sub_1', since }] },
  held: none,
  events: 7,
  eventsDigest: 'd1',
};
