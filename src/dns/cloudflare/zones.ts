import { DnsError } from '#queues/ports/dns.ts';
import type { CloudHttp } from '#src/cloud/http-client.ts';
import { everyNumberedPage } from '#src/cloud/numbered-pages.ts';
import { type Zone, zonesPage } from './answers.ts';

/** Finds the zone of a name, with one call per domain. */
export interface Zones {
  /** Rejects with a DnsError, `no-zone`, if the token can read no active zone for the name. */
  idFor(hostname: string, signal: AbortSignal): Promise<string>;
  /** Call it if a zone is missing or belongs to another account. */
  forget(): void;
}

export function zonesOf(http: CloudHttp): Zones {
  const cached = new Map<string, string>();
  return {
    idFor: async (hostname, signal) => {
      const domain = hostname.slice(hostname.indexOf('.') + 1);
      const id = cached.get(domain) ?? (await zoneOf(http, domain, signal)).id;
      cached.set(domain, id);
      return id;
    },
    forget: () => cached.clear(),
  };
}

/** The zone of the domain itself, or the nearest above it. A zone that waits for its name servers does not count. */
async function zoneOf(http: CloudHttp, domain: string, signal: AbortSignal): Promise<Zone> {
  const labels = domain.split('.');
  const names = labels.slice(0, -1).map((_, from) => labels.slice(from).join('.'));
  const inactive: string[] = [];
  for (const name of names) {
    const listing = { path: '/zones', filter: { name }, page: zonesPage, perPage: 50 };
    const zones = (await everyNumberedPage(http, listing, signal)).filter((zone) => zone.name === name);
    const zone = zones.find(({ status }) => status === 'active');
    if (zone) return zone;
    inactive.push(...zones.map(({ status }) => `Zone ${name} is ${status}: set its name servers at your registrar.`));
  }
  const none = `the token can read no zone for ${domain} (tried ${names.join(', ')}).`;
  throw new DnsError('no-zone', `cloudflare: ${inactive[0] ?? none}`);
}
