import { z } from 'zod';
import { variable, webAddressVariable } from './variable.ts';

const dnsNames = ['none', 'cloudflare'] as const;
/** The DNS provider of the servers' names. */
export type DnsName = (typeof dnsNames)[number];

/** The servers' names and the DNS provider that publishes them. */
export const dnsVariables = {
  DNS: variable(z.enum(dnsNames), {
    fallback: 'none',
    mustBe: `one of ${dnsNames.join(', ')}`,
    about:
      "The DNS provider of the servers' names. Without names (none), a rebuild changes the address that a customer connects to. If unset, `npm start` with the simulated cloud uses its simulated Cloudflare.",
  }),
  CLOUDFLARE_API_URL: webAddressVariable({
    fallback: 'https://api.cloudflare.com/client/v4',
    about: "Cloudflare's API, when DNS is cloudflare.",
    processes: ['worker'],
  }),
  CLOUDFLARE_API_TOKEN: variable(z.string().regex(/^[\x21-\x7e]{8,200}$/), {
    mustBe: 'an API token of Cloudflare (8 to 200 visible characters without spaces)',
    about:
      'Token that may read the zone of DOMAIN (Zone:Read) and edit its records (DNS:Edit). Required when DNS is cloudflare. The zone is found by its name.',
    processes: ['worker'],
    secret: true,
  }),
  DOMAIN: variable(
    z
      .string()
      .max(200)
      .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/),
    {
      fallback: 'vpn.internal',
      mustBe: 'a domain name in lower case, such as vpn.example.com',
      about:
        "A server's host name is its id under this domain. It must be a domain of yours if DNS is cloudflare and CLOUD is not simulator.",
      processes: ['api', 'worker'],
    },
  ),
} as const;
