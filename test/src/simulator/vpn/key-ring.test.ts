import { randomBytes } from 'node:crypto';
import { afterEach, expect, it, vi } from 'vitest';
import { isAnswering, type Machine } from '#src/simulator/machine.ts';
import { KeyRing } from '#src/simulator/vpn/key-ring.ts';
import { isInitiationFor } from '#src/vpn/initiation.ts';
import { macKeyOf, withMacs } from '#src/vpn/noise.ts';
import { privateKeyOf, publicBytesOf } from '#src/vpn/x25519.ts';

const now = 1000;
const later = now + 1;

interface Times {
  readonly readyAt: number;
  readonly answersAt: number;
}
const running: Times = { readyAt: 0, answersAt: 0 };
const silent: Times = { readyAt: 0, answersAt: later };
const booting: Times = { readyAt: later, answersAt: later };

function machine(serial: number, times: Times, privateKey = randomBytes(32).toString('base64')): Machine {
  const names = { id: `id-${serial}`, cloud: 'vultr', label: `gf-${serial}-1`, hostname: 'h', tags: [] };
  const order = { region: 'fra', plan: 'p', osId: 1, userData: null, ipv4: null, ipv6: null, client: 'x' };
  const instants = { createdAt: 0, listedAt: 0, lockedUntil: 0, removedAt: null };
  return { serial, ...names, ...order, ...instants, ...times, wireguard: { privateKey, port: 1, peers: [] } };
}

/** A new message for the machine's server, without contents; 1 is the type of a first message. */
function packetFor({ wireguard }: Machine, type = 1): Buffer {
  const publicKey = publicBytesOf(privateKeyOf(Buffer.from(wireguard?.privateKey ?? '', 'base64')));
  return withMacs(Buffer.concat([Buffer.of(type, 0, 0, 0), randomBytes(112)]), macKeyOf(publicKey));
}

function ringOf(machines: readonly Machine[]): KeyRing {
  const ring = new KeyRing();
  for (const one of machines) ring.set(one);
  return ring;
}

const manyOf = (count: number, times: Times) => Array.from({ length: count }, (_, index) => machine(index + 1, times));
vi.mock('#src/vpn/initiation.ts', async (original) => {
  const real = await original<typeof import('#src/vpn/initiation.ts')>();
  return { ...real, isInitiationFor: vi.fn(real.isInitiationFor) };
});
const fits = vi.mocked(isInitiationFor);
afterEach(() => fits.mockClear());

/** The most keys that were tried for one of these machines, each asked with a new packet. */
function mostTries(ring: KeyRing, machines: readonly Machine[]): number {
  const tries = machines.map((one) => {
    const before = fits.mock.calls.length;
    expect(ring.find(packetFor(one), now)?.machine).toBe(one);
    return fits.mock.calls.length - before;
  });
  return Math.max(...tries);
}

it('finds the server of a packet that was sent before at the first try', () => {
  const machines = manyOf(30, silent);
  const ring = ringOf(machines);
  const packets = machines.map((one) => packetFor(one));
  for (const packet of packets) ring.find(packet, now);
  fits.mockClear();
  expect(packets.map((packet) => ring.find(packet, now)?.machine)).toEqual(machines);
  expect(fits).toHaveBeenCalledTimes(30);
});

it.each([
  ['in the order of their orders', running, (machines: Machine[]) => machines.slice(15)],
  ['newest first', running, (machines: Machine[]) => machines.toReversed()],
  ['while they boot', booting, (machines: Machine[]) => machines.toReversed()],
] as const)('needs few tries for new machines that are asked %s', (_, times, order) => {
  const machines = manyOf(30, times);
  const ring = ringOf(machines);
  const [first, ...others] = order(machines);
  mostTries(ring, first ? [first] : []);
  expect(mostTries(ring, others)).toBeLessThanOrEqual(4);
});

it('needs few tries for machines that are asked again in turn, although many others boot or answer', () => {
  const machines = manyOf(60, booting).map((one, index) => ({ ...one, ...(index % 3 === 0 ? running : {}) }));
  const waiting = machines.filter((one, index) => !isAnswering(one, now) && index % 2 === 0);
  const ring = ringOf(machines);
  mostTries(
    ring,
    machines.filter((one) => isAnswering(one, now)),
  );
  mostTries(ring, waiting);
  expect(mostTries(ring, waiting)).toBeLessThanOrEqual(3);
  expect(mostTries(ring, waiting)).toBeLessThanOrEqual(3);
});

it('goes on beside the last new machine, although a distant one was asked again', () => {
  const machines = manyOf(60, booting);
  const ring = ringOf(machines);
  const [distant, first, next] = [machines.slice(55, 56), machines.slice(20, 21), machines.slice(21, 22)];
  mostTries(ring, [...distant, ...first, ...distant]);
  expect(mostTries(ring, next)).toBeLessThanOrEqual(4);
});

it('finds the newest machine of a server, then the older one, then none, then one made again', () => {
  const older = machine(1, running);
  const key = older.wireguard?.privateKey;
  const newer = machine(2, booting, key);
  const ring = ringOf([older, newer]);
  const packet = packetFor(older);
  const found = () => ring.find(packet, now)?.machine ?? null;
  expect(found()).toBe(newer);
  ring.set({ ...newer, removedAt: now });
  expect(found()).toBe(older);
  ring.set({ ...older, removedAt: now });
  expect(found()).toBeNull();
  const again = machine(3, running, key);
  ring.set(again);
  expect(found()).toBe(again);
  ring.clear();
  expect(found()).toBeNull();
});

it('finds nothing for other packets', () => {
  const one = machine(1, running);
  const ring = ringOf([one, { ...machine(2, running), wireguard: null }]);
  const packet = packetFor(one);
  for (const other of [Buffer.alloc(0), packet.subarray(1), packetFor(one, 2), packetFor(machine(3, running))])
    expect(ring.find(other, now)).toBeNull();
});
