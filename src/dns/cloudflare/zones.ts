import { DnsError } from '#queues/ports/dns.ts';
import type { CloudHttp } from '#src/cloud/http-client.ts';
import { everyNumberedPage } from '#src/cloud/numbered-pages.ts';
import { type Zone, zonesPage } from './answers.ts';

/** Which zone a name lies in, asked for once per domain. */
export interface Zones {
  /** Throws a DnsError, `no-zone`, where the token knows none that answers. */
  idFor(hostname: string, signal: AbortSignal): Promise<string>;
  /** To be told when a zone turns out not to be there, or not to be ours. */
  forget(): void;
}

export function zonesOf(http: CloudHttp): Zones {
  const known = new Map<string, string>();
  return {
    idFor: async (hostname, signal) => {
      const domain = hostname.slice(hostname.indexOf('.') + 1);
      const id = known.get(domain) ?? (await zoneOf(http, domain, signal)).id;
      known.set(domain, id);
      return id;
    },
    forget: () => known.clear(),
  };
}

/** That of the domain itself, or the nearest one above it. One that waits for its name servers answers nobody. */
async function zoneOf(http: CloudHttp, domain: string, signal: AbortSignal): Promise<Zone> {
  const labels = domain.split('.');
  const names = labels.slice(0, -1).map((_, from) => labels.slice(from).join('.'));
  const silent: string[] = [];
  for (const name of names) {
    const listing = { path: '/zones', filter: { name }, page: zonesPage, perPage: 50 };
    const zones = (await everyNumberedPage(http, listing, signal)).filter((zone) => zone.name === name);
    const zone = zones.find(({ status }) => status === 'active');
    if (zone) return zone;
    silent.push(...zones.map(({ status }) => `Zone ${name} is ${status}: set its name servers at your registrar.`));
  }
  const none = `the token knows no zone for ${domain} (asked for ${names.join(', ')}).`;
  throw new DnsError('no-zone', `cloudflare: ${silent[0] ?? none}`);
}
