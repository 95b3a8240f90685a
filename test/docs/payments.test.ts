import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { alertKinds } from '#queues/alerts/alert.ts';
import { stripeVariables } from '#src/config/variables/stripe.ts';
import { eventTypes } from '#src/payments/stripe/event-types.ts';

const page = readFileSync(new URL('../../docs/payments.md', import.meta.url), 'utf8');

test('docs/payments.md lists the events that the service uses, and no other', () => {
  const [, list = ''] = /```text\n(.*?)```/s.exec(page) ?? [];
  expect(list.trim().split(/\s+/).toSorted()).toEqual([...eventTypes].toSorted());
});

test('docs/payments.md gives the periods that apply without a setting', () => {
  for (const name of ['DUNNING_GRACE', 'DUNNING_KEEP'] as const) {
    expect(page).toContain(`${name} (${stripeVariables[name].fallback})`);
  }
  for (const name of ['CANCEL_KEEP', 'REFUND_KEEP'] as const) {
    expect(page).toMatch(new RegExp(`\`${name}\`\\s+\\(${stripeVariables[name].fallback}\\)`));
  }
});

/** The alerts in the last column of the table of ends. */
function alertsInEnds(): Set<string> {
  const [, section = ''] = page.split('## Each end of a paid purchase');
  const rows = section.split('\n## ')[0]?.match(/^\|.*\|$/gm) ?? [];
  const seen = rows.map((row) => row.split('|').at(-2) ?? '').join();
  return new Set([...seen.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, name = '']) => name));
}

test('each alert in the ends of a paid purchase exists', () => {
  const named = alertsInEnds();
  expect(named).toContain('paid-without-server');
  expect([...named].filter((name) => !alertKinds.some((kind) => kind === name))).toEqual([]);
});

test('each alert about payments is in the ends of a paid purchase', () => {
  const ofPayments = alertKinds.filter((kind) => /pay|paid|stripe|subscription|notices/.test(kind));
  expect([...alertsInEnds()]).toEqual(expect.arrayContaining(ofPayments));
});
