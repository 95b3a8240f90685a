import { expect, test } from 'vitest';
import { indexOf } from '#queues/jobs/steps/listing-index.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';

function machine(id: string, name: string): CloudMachine {
  const rest = { owner: null, location: 'ams', plan: 'small', ipv4: null, ipv6: null, createdAt: new Date(0) };
  return { id, name, state: 'running', ...rest };
}

test('has each machine by its id, and all machines with one name in their order', () => {
  const [one, double, other] = [machine('1', 'gf-a-1'), machine('2', 'gf-a-1'), machine('3', 'gf-b-1')];
  const { ids, byName } = indexOf([one, double, other]);
  expect([...ids]).toEqual(['1', '2', '3']);
  expect(byName.get('gf-a-1')).toEqual([one, double]);
  expect(byName.get('gf-b-1')).toEqual([other]);
  expect(byName.get('gf-c-1')).toBeUndefined();
});

test('reads a listing once, however many runs ask', () => {
  let reads = 0;
  const counted = {
    ...machine('1', 'gf-a-1'),
    get id() {
      reads += 1;
      return '1';
    },
  };
  const listing = [counted];
  const first = indexOf(listing);
  for (let run = 0; run < 1_000; run += 1) expect(indexOf(listing)).toBe(first);
  expect(reads).toBe(1);
  expect(indexOf([counted])).not.toBe(first);
});
