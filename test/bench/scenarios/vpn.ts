import { isInitiationFor, peersOf, readInitiation, writeInitiation } from '#src/vpn/initiation.ts';
import { newVpnSecrets, vpnKeysOf } from '#src/vpn/keys.ts';
import { macKeyOf } from '#src/vpn/noise.ts';
import { isProof, writeResponse } from '#src/vpn/response.ts';
import { privateKeyOf } from '#src/vpn/x25519.ts';
import type { Measure } from '../measure.ts';
import type { Scenario } from '../scenario.ts';

const times = 300;

/** What the VPN costs a worker, as CPU time of this process. */
export const vpn: Scenario = {
  name: 'vpn',
  about: `the CPU time of deriving all keys of ${times} servers, and of our half of ${times} handshakes`,
  passes: 1,
  run: async () => {
    const secrets = newVpnSecrets();
    const keys = vpnKeysOf(secrets);
    const bytes = (text: string) => Buffer.from(text, 'base64');
    const serverPrivate = privateKeyOf(bytes(keys.server.privateKey));
    const presharedKey = bytes(keys.probePresharedKey);
    const peers = peersOf(bytes(keys.server.publicKey), privateKeyOf(bytes(keys.probe.privateKey)));
    const macKey = macKeyOf(bytes(keys.server.publicKey));
    const begin = () => writeInitiation(peers, new Date());
    const answered = Array.from({ length: times }, () => {
      const { packet, pending } = begin();
      const initiation = isInitiationFor(packet, macKey) ? readInitiation(packet, serverPrivate) : null;
      if (!initiation) throw new Error('The server did not accept the handshake.');
      return { pending, response: writeResponse(initiation, presharedKey) };
    });
    const began = cpuMicroseconds(begin);
    const proved = cpuMicroseconds((at) => {
      const one = answered[at];
      if (!one || !isProof(one.response, one.pending, presharedKey)) throw new Error('A handshake proves nothing.');
    });
    return [
      figure(
        'keys of one server',
        cpuMicroseconds(() => publicKeysOf(secrets)),
      ),
      figure('our half of one handshake', began + proved),
    ];
  },
};

/** They are derived when they are read, and cost a hundred times as much as the private ones. */
function publicKeysOf(secrets: Buffer): string[] {
  const { server, probe, devices } = vpnKeysOf(secrets);
  return [server, probe, ...devices.map(({ client }) => client)].map(({ publicKey }) => publicKey);
}

function figure(name: string, value: number): Measure {
  return { scenario: 'vpn', figure: name, contestant: 'ours', value, unit: 'µs' };
}

function cpuMicroseconds(act: (at: number) => unknown): number {
  const before = process.threadCpuUsage();
  for (let at = 0; at < times; at += 1) act(at);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / times;
}
