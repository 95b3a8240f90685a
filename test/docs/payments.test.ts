import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { eventTypes } from '#db/events.ts';
import { holds, ignoreReasons, standings } from '#db/subscriptions.ts';
import { alertKinds } from '#queues/alerts/alert.ts';
import { stripeVariables } from '#src/config/variables/stripe.ts';
import { eventTypes as typesOfStripe } from '#src/payments/stripe/event-types.ts';

const page = readFileSync(new URL('../../docs/payments.md', import.meta.url), 'utf8');

test('docs/payments.md lists the events that the service uses, and no other', () => {
  const [, list = ''] = /```text\n(.*?)```/s.exec(page) ?? [];
  expect(list.trim().split(/\s+/).toSorted()).toEqual([...typesOfStripe].toSorted());
});

test('docs/payments.md gives the periods that apply without a setting', () => {
  for (const name of ['DUNNING_GRACE', 'DUNNING_KEEP'] as const) {
    expect(page).toContain(`${name} (${stripeVariables[name].fallback})`);
  }
  for (const name of ['CANCEL_KEEP', 'REFUND_KEEP'] as const) {
    expect(page).toMatch(new RegExp(`\`${name}\`\\s+\\(${stripeVariables[name].fallback}\\)`));
  }
});

/** The rows of the table of ends: what the operator sees. */
function endsSeen(): string[] {
  const [, section = ''] = page.split('## Each end of a paid purchase');
  const rows = section.split('\n## ')[0]?.match(/^\|.*\|$/gm) ?? [];
  return rows.slice(2).map((row) => row.split('|').at(-2) ?? '');
}

function alertsIn(seen: string): string[] {
  return [...seen.matchAll(/`([a-z]+(?:-[a-z]+)*)`/g)].map(([, name = '']) => name);
}

/** Those that say nothing of a server that is paid for and missing. A new kind is either in the table or here. */
const otherAlerts = [
  ...['parked-job', 'slow-removal', 'slow-rebuild', 'redis-unsafe', 'disk-low', 'unknown-machine', 'machine-kept'],
  ...['backup-old', 'schedules-paused', 'webhook-failing', 'webhook-off'],
];

test('each alert is in the ends of a paid purchase, or says nothing of one', () => {
  const named = [...new Set(endsSeen().flatMap(alertsIn))].filter((name) => name !== 'heldReason');
  expect([...named, ...otherAlerts].toSorted()).toEqual([...alertKinds].toSorted());
});

test('each hold is in the ends of a paid purchase, with the alert that it raises', () => {
  for (const hold of holds) {
    const seen = endsSeen().filter((text) => text.includes(`*${hold}*`));
    const raised = hold === 'server-destroyed' ? 'paying-for-nothing' : 'payment-held';
    expect(seen.map(alertsIn), hold).toContainEqual(expect.arrayContaining([raised]));
  }
});

test('each reason to ignore a notice is in the ends of a paid purchase', () => {
  const [ignored = ''] = endsSeen().filter((text) => text.includes('stored as ignored'));
  expect([...ignored.matchAll(/\*([a-z-]+)\*/g)].map(([, name]) => name)).toEqual([...ignoreReasons]);
});

test('each event that the ends name can happen, and each standing and its reasons are described', () => {
  const named = endsSeen().flatMap((text) => [...text.matchAll(/\*([a-z]+\.[a-z_]+)\*/g)].map(([, name]) => name));
  expect(named.length).toBeGreaterThan(3);
  expect(eventTypes).toEqual(expect.arrayContaining(named));
  const [, table = ''] = page.split('## What a standing means');
  for (const standing of standings) expect(table).toContain(`| \`${standing}\` |`);
});
