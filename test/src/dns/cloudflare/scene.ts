import { type Dns, DnsError } from '#queues/ports/dns.ts';
import { cloudflare } from '#src/dns/cloudflare/cloudflare.ts';
import { type Raw, rawClient } from '../../simulator/raw-client.ts';
import { type RunningSimulator, runSimulator } from '../../simulator/running-simulator.ts';

export const never = new AbortController().signal;
export const hostname = 'srv-1.vpn.example.com';

/** Our driver at a simulated Cloudflare, and the same API without our driver. */
export interface Scene {
  readonly simulator: RunningSimulator;
  readonly dns: Dns;
  readonly raw: Raw;
  readonly zonePath: string;
  open(settings?: { apiToken?: string; fetch?: typeof fetch; deadlineMs?: number }): Dns;
  /** All records of the zone, as `name type content`. */
  records(): Promise<string[]>;
  /** Adds a record by hand. */
  put(type: string, content: string, name?: string, changes?: object): Promise<void>;
}

export async function setUp(): Promise<Scene> {
  const simulator = await runSimulator();
  const apiUrl = simulator.apiUrl('cloudflare');
  const raw = rawClient(apiUrl);
  const { body } = await raw('GET', '/zones?name=example.com');
  const zonePath = `/zones/${body.result[0].id}/dns_records`;
  const open: Scene['open'] = (settings = {}) =>
    cloudflare({ apiUrl, apiToken: 'simulator', installation: 'test', deadlineMs: 5000, ...settings });
  return {
    simulator,
    raw,
    zonePath,
    open,
    dns: open(),
    records: async () => {
      const listed = await raw('GET', `${zonePath}?per_page=5000`);
      return listed.body.result.map(
        (record: Record<string, string>) => `${record.name} ${record.type} ${record.content}`,
      );
    },
    put: async (type, content, name = hostname, changes = {}) => {
      const body = { type, name, content, ttl: 120, proxied: false, ...changes };
      const { status, text } = await raw('POST', zonePath, body);
      if (status !== 200) throw new Error(text);
    },
  };
}

/** The fault of the call's error, or a text that describes any other result. */
export async function faultOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    (value) => `no error but ${JSON.stringify(value)}`,
    (reason: unknown) => reason,
  );
  return error instanceof DnsError ? error.fault : String(error);
}
