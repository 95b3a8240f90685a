import { Socket } from 'node:dgram';
import { afterEach, expect, test, vi } from 'vitest';
import { createSendCheck } from '#src/vpn/send-check.ts';
import { udpServer } from './udp-server.ts';

afterEach(() => void vi.restoreAllMocks());

test('a host that can send to the configured address can send over both families', async () => {
  const packets = vi.fn(() => null);
  const check = createSendCheck({ probeAt: await udpServer(packets) });
  expect(await check()).toEqual({ ipv4: null, ipv6: null });
  await vi.waitFor(() => expect(packets).toHaveBeenCalledTimes(2));
});

test('a host that cannot send names the reason', async () => {
  // The kernel permits no broadcast.
  const check = createSendCheck({ probeAt: { host: '255.255.255.255', port: 51_820 } });
  expect(await check()).toEqual({ ipv4: expect.stringMatching(/EACCES/), ipv6: expect.stringMatching(/EACCES/) });
});

test('a result is used for five seconds', async () => {
  const packets = vi.fn(() => null);
  let ms = 0;
  const check = createSendCheck({ probeAt: await udpServer(packets), clock: () => ms });
  for (ms of [0, 4_999, 5_001]) await check();
  await vi.waitFor(() => expect(packets).toHaveBeenCalledTimes(4));
});

test('a host without a family, on which the socket cannot be bound, names the reason', async () => {
  vi.spyOn(Socket.prototype, 'bind').mockImplementation(function (this: Socket) {
    process.nextTick(() => this.emit('error', new Error('bind EAFNOSUPPORT')));
    return this;
  });
  const check = createSendCheck({ probeAt: { host: '127.0.0.1', port: 9 } });
  expect(await check()).toEqual({ ipv4: 'bind EAFNOSUPPORT', ipv6: 'bind EAFNOSUPPORT' });
});

test('a packet that does not leave within a second is blocked', async () => {
  vi.spyOn(Socket.prototype, 'send').mockImplementation(() => undefined);
  const check = createSendCheck({ probeAt: { host: '127.0.0.1', port: 9 } });
  expect((await check()).ipv4).toBe('a packet to 127.0.0.1 did not leave within 1 s');
});
