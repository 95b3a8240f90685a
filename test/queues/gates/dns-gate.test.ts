import { expect, test } from 'vitest';
import { createDnsGate } from '#queues/gates/dns-gate.ts';
import { type Dns, DnsError, type DnsFault } from '#queues/ports/dns.ts';
import { fakeDns } from '../../fakes/dns.ts';

const { signal } = new AbortController();
const name = 'srv-1.vpn.test';
const addresses = { ipv4: '192.0.2.1', ipv6: null };

function gated() {
  const under = Promise.withResolvers<void>();
  const inner = fakeDns();
  let calls = 0;
  /** The first call gets its answer once `under` is resolved. */
  const slow: Dns = {
    ...inner,
    point: async (...args) => {
      if (calls++ === 0) await under.promise;
      return inner.point(...args);
    },
  };
  const clock = { ms: 1_000 };
  const gate = createDnsGate(
    slow,
    () => new Date(clock.ms),
    () => clock.ms,
  );
  const refuse = async (fault: DnsFault) => {
    inner.fail('point', new DnsError(fault, 'No.'));
    await expect(gate.dns.point(name, addresses, signal)).rejects.toMatchObject({ fault });
  };
  return { under, clock, gate, refuse };
}

test.each([
  ['rejected', name],
  ['not-allowed', 'point'],
] as const)('the success of a call that began before the answer %s proves nothing about %s', async (fault, subject) => {
  const { under, clock, gate, refuse } = gated();
  const early = gate.dns.point(name, addresses, signal);
  clock.ms += 10;
  await refuse(fault);
  const refusedAt = new Date(clock.ms);
  clock.ms += 10;
  under.resolve();
  await early;
  expect([gate.refusals().map((one) => one.subject), gate.isOver(subject, refusedAt)]).toEqual([[subject], false]);
  await gate.dns.point(name, addresses, signal);
  expect([gate.refusals(), gate.isOver(subject, refusedAt)]).toEqual([[], true]);
});

test('a refused name says which server it belongs to', async () => {
  const { under, gate, refuse } = gated();
  under.resolve();
  await gate.dns.point('srv-2.vpn.test', addresses, signal);
  await refuse('rejected');
  expect(gate.refusals()).toMatchObject([{ subject: name, detail: { serverId: 'srv-1' } }]);
});
