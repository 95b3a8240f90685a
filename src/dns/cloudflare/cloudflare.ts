import { type Dns, DnsError, type DnsFault } from '#queues/ports/dns.ts';
import { ProviderError, type ProviderFault } from '#queues/ports/provider.ts';
import type { DriverOptions } from '#src/cloud/driver-options.ts';
import { cloudHttp } from '#src/cloud/http-client.ts';
import { ProviderResponseError } from '#src/cloud/provider-response-error.ts';
import { errorMessageIn } from './answers.ts';
import { adviceOn, isZoneMissing, meaningOf } from './errors.ts';
import { type Name, pointRecords, readRecords, removeRecords } from './records.ts';
import { type Zones, zonesOf } from './zones.ts';

/** The wait after a 429 without Retry-After. Cloudflare allows 1200 calls in five minutes; their start is unknown. */
const waitMs = 60_000;

export interface CloudflareOptions extends Pick<DriverOptions, 'apiUrl' | 'instance' | 'deadlineMs' | 'fetch' | 'now'> {
  readonly apiToken: string;
  /** Becomes part of the comment of each record. */
  readonly installation: string;
}

/** Cloudflare's API v4. The token needs permission to read zones, and to edit records in the zone of the servers. */
export function cloudflare({ apiToken: apiKey, installation, ...options }: CloudflareOptions): Dns {
  const apiUrl = options.apiUrl.replace(/\/+$/, '');
  const messages = { errorMessageIn, meaningOf, waitIn: () => waitMs };
  const http = cloudHttp({ ...options, ...messages, provider: 'cloudflare', apiUrl, apiKey });
  const zones = zonesOf(http);
  const comment = `ghostifi ${installation}`;
  const on = async <T>(hostname: string, signal: AbortSignal, act: (name: Name) => Promise<T>): Promise<T> => {
    try {
      const zone = await zones.idFor(hostname, signal);
      return await act({ http, hostname, path: `/zones/${zone}/dns_records`, comment, signal });
    } catch (error) {
      throw asDnsError(error, zones);
    }
  };
  return {
    name: 'cloudflare',
    read: (hostname, signal) => orIfNoZone([], on(hostname, signal, contentsOf)),
    point: (hostname, addresses, signal) => on(hostname, signal, (name) => pointRecords(name, addresses)),
    remove: async (hostname, addresses, signal) => {
      const removal = on(hostname, signal, (name) => removeRecords(name, ({ content }) => addresses.includes(content)));
      await orIfNoZone(false, removal);
    },
    clear: (hostname, addresses, signal) => {
      const removal = on(hostname, signal, (name) =>
        removeRecords(name, ({ content, comment }) => addresses.includes(content) || comment === name.comment),
      );
      return orIfNoZone(false, removal);
    },
  };
}

async function contentsOf(name: Name): Promise<readonly string[]> {
  return (await readRecords(name)).map(({ content }) => content);
}

/** The result of the call, or `nothing` if there is no zone: the name then has no records. */
async function orIfNoZone<T>(nothing: T, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof DnsError && error.fault === 'no-zone') return nothing;
    throw error;
  }
}

const dnsFaults: Partial<Record<ProviderFault, DnsFault>> = {
  'rate-limited': 'rate-limited',
  'not-allowed': 'not-allowed',
  rejected: 'rejected',
};

function asDnsError(error: unknown, zones: Zones): unknown {
  if (!(error instanceof ProviderError)) return error;
  const message = error instanceof ProviderResponseError ? error.providerMessage : null;
  const isLost = isZoneMissing(message);
  // The zone was created anew or moved to another account: the next call finds it by its name.
  if (isLost || error.fault === 'not-allowed') zones.forget();
  const fault = isLost ? 'unavailable' : (dnsFaults[error.fault] ?? 'unavailable');
  return new DnsError(fault, `${error.message}${adviceOn(message)}`, { retryAfterMs: error.retryAfterMs });
}
