import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { raiseRefusalAlerts } from '#queues/alerts/refusal-alerts.ts';
import { createProbeGate, type ProbeGate } from '#queues/gates/probe-gate.ts';
import { fakeVpn } from '../../fakes/vpn.ts';
import { useWorkplace } from '../workplace.ts';

const place = useWorkplace();
const address = '192.0.2.1';

/** The gate of one worker. */
function openGate(worker = 'host-1') {
  const vpn = fakeVpn();
  const gate = createProbeGate({ of: () => vpn }, worker, () => place.clock.now.getTime());
  const stop = new AbortController();
  /** Asks a machine until `stop`. */
  const ask = () => gate.vpn.of('srv-1', 'sealed').ask(address, stop.signal);
  return { vpn, gate, ask, stop };
}

const raise = (gate: ProbeGate, worker = 'host-1') =>
  raiseRefusalAlerts({
    store: place.store,
    gate,
    whose: `Worker ${worker}`,
    kind: 'vpn-probe-blocked',
    now: place.deps.now,
  });
const alerts = async () => (await place.store.readAlerts('vpn-probe-blocked')).map(({ id }) => id);

test('a worker whose packets do not leave raises an alert that names it', async () => {
  const { vpn, gate, ask } = openGate();
  vpn.block(address, 'send EPERM');
  ask();
  await raise(gate);
  const [alert] = await place.store.readAlerts('vpn-probe-blocked');
  expect(alert).toMatchObject({
    id: 'vpn-probe-blocked:host-1',
    message: expect.stringMatching(/^Worker host-1 cannot send VPN handshakes: send EPERM\./),
    detail: { worker: 'host-1', reason: 'send EPERM' },
  });
});

test('a worker whose packets leave raises none, even if no machine answers', async () => {
  const { vpn, gate, ask } = openGate();
  vpn.fallSilent();
  ask();
  await raise(gate);
  expect(await alerts()).toEqual([]);
});

test('the alert stays between the tries of a job, and ends a minute after the last one', async () => {
  const { vpn, gate, ask, stop } = openGate();
  vpn.block(address, 'send EPERM');
  const asking = ask();
  stop.abort(new Error('The job is delayed.'));
  await expect(asking.answered).rejects.toThrow('delayed');
  await nextTurn();
  place.later(59);
  await raise(gate);
  expect(await alerts()).toEqual(['vpn-probe-blocked:host-1']);
  place.later(12);
  await raise(gate);
  expect(await alerts()).toEqual([]);
});

test('an answer clears it', async () => {
  const { vpn, gate, ask, stop } = openGate();
  vpn.block(address, 'send EPERM');
  ask().answered.catch(() => undefined);
  await raise(gate);
  stop.abort();
  await nextTurn();
  vpn.block(address, null);
  await gate.vpn.of('srv-1', 'sealed').ask(address, new AbortController().signal).answered;
  await nextTurn();
  place.later(11);
  await raise(gate);
  expect(await alerts()).toEqual([]);
});

test('another worker clears the alert of one that has ended, and not of one that lives', async () => {
  const { vpn, gate, ask } = openGate();
  const other = openGate('host-2').gate;
  vpn.block(address, 'send EPERM');
  ask();
  await raise(gate);
  await raise(other, 'host-2');
  expect(await alerts()).toEqual(['vpn-probe-blocked:host-1']);
  place.later(11);
  await raise(other, 'host-2');
  expect(await alerts()).toEqual([]);
});
