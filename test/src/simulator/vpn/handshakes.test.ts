import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { PortError } from '#src/simulator/ports.ts';
import { startSimulator } from '#src/simulator/start-simulator.ts';
import { type DeviceKeys, keysOfDevice, newVpnSecrets, type VpnKeys, vpnKeysOf } from '#src/vpn/keys.ts';
import { userData } from '#src/vpn/user-data.ts';
import { shakeHands } from '../../../shake-hands.ts';
import { manualClock } from '../manual-clock.ts';
import { type RunningSimulator, runSimulator } from '../running-simulator.ts';
import { order, rawVultr } from '../vultr/client.ts';

const newKeys = () => vpnKeysOf(newVpnSecrets());

async function machineOf(simulator: RunningSimulator, keys: VpnKeys, devices = 5): Promise<string> {
  const user_data = Buffer.from(userData(keys, devices)).toString('base64');
  const { body } = await rawVultr(simulator)('POST', '/instances', order({ user_data }));
  return body.instance.id;
}

/** The answer arrives at once, unless this computer is busy. */
const answers = (simulator: RunningSimulator, keys: VpnKeys, changes = {}) =>
  shaken(simulator, keys, { tryMs: 1000, ...changes });
const staysSilent = async (simulator: RunningSimulator, keys: VpnKeys, changes = {}) =>
  !(await shaken(simulator, keys, { tryMs: 40, ...changes }));

const asDevice = ({ client, presharedKey }: DeviceKeys) => ({ privateKey: client.privateKey, presharedKey });

async function shaken(simulator: RunningSimulator, keys: VpnKeys, changes: object): Promise<boolean> {
  const { probe, server } = keys;
  const as = { privateKey: probe.privateKey, serverPublicKey: server.publicKey, presharedKey: keys.probePresharedKey };
  const at = { host: '127.0.0.1', port: simulator.port };
  return (await shakeHands({ ...at, ...as, ...changes })).verified;
}

describe('the machines of the simulator', () => {
  it('answer handshakes with their own keys once they have booted', async () => {
    const clock = manualClock();
    const simulator = await runSimulator({ clock, bootMs: 1000, vpnMs: 500 });
    const [ada, bob] = [newKeys(), newKeys()];
    await machineOf(simulator, ada);
    await machineOf(simulator, bob);
    clock.advance(1499);
    expect(await staysSilent(simulator, ada)).toBe(true);
    clock.advance(1);
    expect(await answers(simulator, ada)).toBe(true);
    expect(await answers(simulator, bob)).toBe(true);
    expect(await staysSilent(simulator, newKeys())).toBe(true);
  });

  it('answer all devices of the customer too, but not unknown keys or other preshared keys', async () => {
    const simulator = await runSimulator();
    const [keys, other] = [newKeys(), newKeys()];
    await machineOf(simulator, keys);
    for (const device of keys.devices) expect(await answers(simulator, keys, asDevice(device))).toBe(true);
    expect(await staysSilent(simulator, keys, { privateKey: other.probe.privateKey })).toBe(true);
    expect(await staysSilent(simulator, keys, { presharedKey: other.probePresharedKey })).toBe(true);
  });

  it('that were made for one device answer no other device', async () => {
    const simulator = await runSimulator();
    const keys = newKeys();
    await machineOf(simulator, keys, 1);
    expect(await answers(simulator, keys, asDevice(keysOfDevice(keys, 1)))).toBe(true);
    expect(await staysSilent(simulator, keys, asDevice(keysOfDevice(keys, 2)))).toBe(true);
  });

  it('never answer without WireGuard in their user data', async () => {
    const simulator = await runSimulator();
    await rawVultr(simulator)(
      'POST',
      '/instances',
      order({ user_data: Buffer.from('#!/bin/sh\n').toString('base64') }),
    );
    expect(await staysSilent(simulator, newKeys())).toBe(true);
  });

  it('still answer after their user data was removed, until they are removed themselves', async () => {
    const simulator = await runSimulator();
    const keys = newKeys();
    const id = await machineOf(simulator, keys);
    await rawVultr(simulator)('PATCH', `/instances/${id}`, { user_data: '' });
    expect(await answers(simulator, keys)).toBe(true);
    await rawVultr(simulator)('DELETE', `/instances/${id}`);
    expect(await staysSilent(simulator, keys)).toBe(true);
  });

  it('do not answer while a newer machine with the same keys boots', async () => {
    const clock = manualClock();
    const simulator = await runSimulator({ clock, bootMs: 1000 });
    const keys = newKeys();
    await machineOf(simulator, keys);
    clock.advance(1000);
    expect(await answers(simulator, keys)).toBe(true);
    const newer = await machineOf(simulator, keys);
    expect(await staysSilent(simulator, keys)).toBe(true);
    await rawVultr(simulator)('DELETE', `/instances/${newer}`);
    expect(await answers(simulator, keys)).toBe(true);
  });

  it('answer late or never if a fault demands it', async () => {
    const clock = manualClock();
    const simulator = await runSimulator({ clock });
    await simulator.injectFault({ kind: 'vpn', ms: 5000 });
    const [late, never] = [newKeys(), newKeys()];
    await machineOf(simulator, late);
    await simulator.injectFault({ kind: 'vpn', ms: null });
    await machineOf(simulator, never);
    expect(await staysSilent(simulator, late)).toBe(true);
    clock.advance(5000);
    expect(await answers(simulator, late)).toBe(true);
    clock.advance(3_600_000);
    expect(await staysSilent(simulator, never)).toBe(true);
  });

  it('show whether they answer, but none of their keys', async () => {
    const simulator = await runSimulator();
    const keys = newKeys();
    await machineOf(simulator, keys);
    const { body } = await simulator.control('GET', '/machines');
    expect(body).toMatchObject({ machines: [{ vpn: { port: 51_820, answers: true } }] });
    const shown = JSON.stringify(body) + (await (await fetch(simulator.url)).text());
    for (const key of [keys.server.privateKey, keysOfDevice(keys, 5).presharedKey, keys.probePresharedKey]) {
      expect(shown).not.toContain(key);
      expect(shown).not.toContain(Buffer.from(key).toString('base64').slice(0, 40));
    }
  });
});

it('a port that is taken for UDP is refused, and no port is left open', async () => {
  const taken = createSocket('udp4').bind(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address();
  const behaviour = { bootMs: 0, bootJitter: 0, vpnMs: 0, createMs: 0, lockMs: 0, apiKeys: [] };
  const start = () => startSimulator({ host: '127.0.0.1', port, dataFile: null, ...behaviour });
  await expect(start()).rejects.toThrow(PortError);
  taken.close();
  await once(taken, 'close');
  const simulator = await start();
  await simulator.close();
  await simulator.close();
});
