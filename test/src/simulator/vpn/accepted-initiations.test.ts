import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { createAcceptedInitiations } from '#src/simulator/vpn/accepted-initiations.ts';
import { isInitiationFor, peersOf, readInitiation, writeInitiation } from '#src/vpn/initiation.ts';
import { macKeyOf } from '#src/vpn/noise.ts';
import { newPrivateKey, publicBytesOf } from '#src/vpn/x25519.ts';

const server = newPrivateKey();
const serverPublic = publicBytesOf(server);
const newPeer = () => peersOf(serverPublic, newPrivateKey());

function setUp() {
  let now = 0;
  const accepted = createAcceptedInitiations(() => now);
  const at = new Date('2026-05-01T12:00:00.000Z').getTime();
  return {
    accepts: (packet: Buffer) => {
      const initiation = readInitiation(packet, server);
      return initiation !== null && accepted.accept(initiation);
    },
    made: (peer: ReturnType<typeof newPeer>, ms: number) => writeInitiation(peer, new Date(at + ms)).packet,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

it('are accepted once, so that a copy gets no response', () => {
  const { accepts, made, pass } = setUp();
  const peer = newPeer();
  const packet = made(peer, 0);
  expect(accepts(packet)).toBe(true);
  pass(1_000);
  expect(accepts(packet)).toBe(false);
  expect(accepts(made(peer, 1))).toBe(true);
});

it('are refused if they were not made later than the last one of their peer', () => {
  const { accepts, made, pass } = setUp();
  const peer = newPeer();
  expect(accepts(made(peer, 5))).toBe(true);
  pass(1_000);
  expect(accepts(made(peer, 5))).toBe(false);
  expect(accepts(made(peer, 4))).toBe(false);
  expect(accepts(made(newPeer(), 4))).toBe(true);
});

it('are refused within a fiftieth of a second after the last one of their peer', () => {
  const { accepts, made, pass } = setUp();
  const peer = newPeer();
  expect(accepts(made(peer, 0))).toBe(true);
  pass(19);
  expect(accepts(made(peer, 1))).toBe(false);
  pass(1);
  expect(accepts(made(peer, 2))).toBe(true);
});

it('are recognised by the first MAC of the server that they are for', () => {
  const { packet } = writeInitiation(newPeer(), new Date());
  expect(isInitiationFor(packet, macKeyOf(serverPublic))).toBe(true);
  expect(isInitiationFor(packet, macKeyOf(randomBytes(32)))).toBe(false);
});
