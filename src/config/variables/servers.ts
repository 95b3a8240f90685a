import { z } from 'zod';
import { parseAddress } from '../address.ts';
import { variable, wholeNumber } from './variable.ts';

/** How servers are made, checked, replaced and limited. */
export const serverVariables = {
  INSTALLATION: variable(z.string().regex(/^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$/), {
    fallback: 'dev',
    mustBe: 'at most 20 lower-case letters, digits and dashes, starting and ending with a letter or digit',
    about:
      'Part of the tag of every machine. Two installations that share a cloud account need different values. Never change it while servers exist.',
    processes: ['worker'],
  }),
  VPN_PROBE_AT: variable(
    z
      .string()
      .regex(/^([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/)
      .transform(parseAddress)
      .refine(({ port }) => port >= 1 && port <= 65_535),
    {
      mustBe: 'host:port, with an IPv6 address in brackets',
      about:
        'Where workers send every VPN handshake, for a cloud whose machines have no routable address. Unset: to the machines; with the simulator, to its host, on the UDP port with the number in SIMULATOR_URL.',
      processes: ['worker'],
    },
  ),
  MAX_SERVERS: variable(wholeNumber(0, 999_999_999), {
    mustBe: 'a whole number',
    about:
      'Purchases beyond this number of servers are answered 503 and raise an alert; paid ones are held. Unset: no limit.',
    processes: ['api', 'worker'],
  }),
  BOOT_TIMEOUT_SECONDS: variable(wholeNumber(1, 3600), {
    fallback: '600',
    mustBe: 'seconds, from 1 to 3600',
    about:
      'A new machine is removed if its VPN does not answer within this time after the provider first shows it. Then another machine is ordered; a job gets at most three.',
    processes: ['worker'],
  }),
  REBUILD_GRACE_SECONDS: variable(wholeNumber(0, 604_800), {
    fallback: '300',
    mustBe: 'seconds, from 0 to 604800 (a week)',
    about: 'How long a replaced machine keeps running after a rebuild. Use more than twice the DNS TTL of 120 s.',
    processes: ['worker'],
  }),
} as const;
