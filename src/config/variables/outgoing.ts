import { z } from 'zod';
import { proxyUrlFault } from './urls.ts';
import { variable } from './variable.ts';

/** Connections to other hosts. */
export const outgoingVariables = {
  CA_FILE: variable(z.string(), {
    mustBe: 'a file with certificates in PEM',
    about:
      'A file with the certificates of your own authorities, in PEM. They are trusted beside the public ones, by every connection to Redis (`rediss://`), Postgres, the cloud, the DNS and Stripe.',
    processes: ['api', 'worker'],
  }),
  HTTPS_PROXY: variable(z.string().transform(withScheme), {
    mustBe: 'the address of an HTTP proxy, http://user:password@host:port',
    faultIn: (text) => proxyUrlFault(withScheme(text)),
    about:
      'The HTTP proxy through which the cloud, the DNS and Stripe are called, if their addresses begin with https: `http://user:password@host:port`. In user and password, `/ ? # % @ \\` are written `%2F %3F %23 %25 %40 %5C`. Also read in lower case. HTTP_PROXY and ALL_PROXY have no effect.',
    processes: ['api', 'worker'],
    secret: true,
  }),
  NO_PROXY: variable(z.string().max(4096), {
    mustBe: 'host names, separated by commas',
    about:
      'The hosts that are called without the proxy, separated by commas: `host`, `.domain` or `host:port`. Also read in lower case.',
    processes: ['api', 'worker'],
  }),
} as const;

/** Other programs accept a proxy's address without its scheme. */
function withScheme(address: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`;
}
