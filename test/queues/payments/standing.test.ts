import { expect, test } from 'vitest';
import { standingOf } from '#queues/payments/standing.ts';
import type { SubscriptionFacts } from '#queues/ports/payments.ts';
import { at, bought, charge, day, dispute, facts, hour, invoice, paidWith, refund, rules } from './facts.ts';

const never = null;

test.for<[string, Partial<SubscriptionFacts>, string]>([
  ['incomplete', { status: 'incomplete', paid: null }, 'unpaid/awaiting-payment'],
  ['active, but its first payment is under way', { status: 'active', paid: null }, 'unpaid/awaiting-payment'],
  ['past due, and never paid', { status: 'past_due', paid: null }, 'unpaid/awaiting-payment'],
  ['trialing', { status: 'trialing', paid: null }, 'good/trial'],
  ['active and paid', {}, 'good/paid'],
  ['active with a first invoice of 0', { paid: { ...invoice({ total: 0 }), charges: [] } }, 'good/paid'],
  ['paused', { status: 'paused' }, 'held/paused'],
])('A subscription that is %s', ([, changes, expected]) => {
  const { standing, reason, changesAt } = standingOf(facts(changes), rules, at(day));
  expect(`${standing}/${reason}`).toBe(expected);
  expect(changesAt).toBe(never);
});

test('A trial is not served where trials are switched off', () => {
  const trial = facts({ status: 'trialing', paid: null });
  expect(standingOf(trial, { ...rules, serveTrials: false }, at(day)).standing).toBe('unpaid');
});

test('A cancellation that was asked for serves until its end', () => {
  const ending = standingOf(facts({ cancelAt: at(30 * day) }), rules, at(day));
  expect(ending).toMatchObject({ standing: 'good', reason: 'ending', endsAt: at(30 * day), changesAt: at(30 * day) });
});

test('A cancellation that Stripe carries out late is looked at each five minutes', () => {
  const minute = 60_000;
  for (const [late, next] of [
    [0, 5],
    [1, 5],
    [5 * minute - 1, 5],
    [5 * minute, 10],
    [hour, 65],
  ] as const) {
    const { standing, changesAt } = standingOf(facts({ cancelAt: at(day) }), rules, at(day + late));
    expect([standing, changesAt]).toEqual(['good', at(day + next * minute)]);
  }
});

test.for<[number, string, number | null]>([
  [0, 'overdue', 7 * day],
  [7 * day - 1, 'overdue', 7 * day],
  [7 * day, 'held', 14 * day],
  [14 * day - 1, 'held', 14 * day],
  [14 * day, 'over', null],
])('%i ms after its invoice became due, a subscription is %s', ([age, expected, changes]) => {
  const due = at(30 * day);
  const owed = invoice({ id: 'in_2', status: 'open', paidAt: null, finalizedAt: due });
  for (const status of ['past_due', 'unpaid'] as const) {
    const standing = standingOf(facts({ status, owed }), rules, new Date(due.getTime() + age));
    expect(standing).toMatchObject({ standing: expected, reason: 'past-due' });
    expect(standing.changesAt).toEqual(changes === null ? null : new Date(due.getTime() + changes));
  }
});

test('The draft of a renewal holds nothing', () => {
  expect(standingOf(facts(), rules, at(30 * day + hour)).standing).toBe('good');
});

test.for<[string, SubscriptionFacts, string]>([
  ['whole refund', paidWith(charge([refund(500)])), 'held/refunded'],
  ['whole refund in two parts', paidWith(charge([refund(200), refund(300)])), 'held/refunded'],
  ['partial refund', paidWith(charge([refund(499)])), 'good/paid'],
  ['refund of one of two charges', paidWith(charge([refund(500)]), charge()), 'good/paid'],
  ['refund that keeps the server', paidWith(charge([refund(500, { keepsServer: true })])), 'good/paid'],
  ['charge of 0', paidWith({ ...charge(), amount: 0 }), 'good/paid'],
])('After a %s', ([, subscription, expected]) => {
  const { standing, reason } = standingOf(subscription, rules, at(day + hour));
  expect(`${standing}/${reason}`).toBe(expected);
});

test('A refunded server is kept for its time, counted from the last refund', () => {
  const refunded = paidWith(charge([refund(200), refund(300, { createdAt: at(3 * day) })]));
  expect(standingOf(refunded, rules, at(4 * day - 1))).toMatchObject({ standing: 'held', changesAt: at(4 * day) });
  expect(standingOf(refunded, rules, at(4 * day)).standing).toBe('over');
});

test.for<[string, string]>([
  ['needs_response', 'held/disputed'],
  ['under_review', 'held/disputed'],
  ['appeal_under_review', 'held/disputed'],
  ['won', 'good/paid'],
  ['lost', 'over/dispute-lost'],
  ['warning_needs_response', 'good/paid'],
  ['warning_under_review', 'good/paid'],
  ['warning_closed', 'good/paid'],
  ['prevented', 'good/paid'],
])('A dispute in the state %s', ([status, expected]) => {
  const { standing, reason } = standingOf(paidWith(charge([], [dispute(status)])), rules, at(3 * day));
  expect(`${standing}/${reason}`).toBe(expected);
});

test('An open dispute is served where the rules say so; a lost one is not', () => {
  const patient = { ...rules, onDispute: 'serve' } as const;
  expect(standingOf(paidWith(charge([], [dispute('needs_response')])), patient, at(3 * day)).standing).toBe('good');
  expect(standingOf(paidWith(charge([], [dispute('lost')])), patient, at(3 * day)).standing).toBe('over');
});

test.for(['canceled', 'incomplete_expired'] as const)('A subscription that is %s is kept, then over', (status) => {
  const ended = facts({ status, endedAt: at(day) });
  expect(standingOf(ended, rules, at(day))).toMatchObject({ standing: 'held', reason: 'canceled', since: at(day) });
  expect(standingOf(ended, rules, at(3 * day - 1)).changesAt).toEqual(at(3 * day));
  expect(standingOf(ended, rules, at(3 * day)).standing).toBe('over');
});

test('Of two reasons the hardest counts, and of equal ones the first to end the server', () => {
  const refunded = paidWith(charge([refund(500)], [dispute('needs_response')]));
  expect(standingOf(refunded, rules, at(day + hour)).reason).toBe('refunded');
  const cancelled = { ...refunded, status: 'canceled', endedAt: at(day) } as const;
  expect(standingOf(cancelled, rules, at(day + hour)).changesAt).toEqual(at(2 * day));
});

test('A server that has ended for one reason did so then, also when another reason would end it later', () => {
  const refunded = { ...paidWith(charge([refund(500)])), status: 'canceled', endedAt: at(5 * day) } as const;
  for (const age of [2 * day, 7 * day, 30 * day]) {
    expect(standingOf(refunded, rules, at(age))).toMatchObject({ reason: 'refunded', since: at(2 * day) });
  }
});

test('A past-due subscription without an open invoice is due from the end of what was paid', () => {
  const owing = standingOf(facts({ status: 'past_due' }), rules, at(31 * day));
  expect(owing).toMatchObject({ standing: 'overdue', since: at(30 * day) });
  expect(bought.getTime()).toBeLessThan(owing.since.getTime());
});
