import { z } from 'zod';
import { type Addresses, type Dns, DnsError, type DnsFault } from '#queues/ports/dns.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import type { DriverOptions } from '#src/cloud/driver-options.ts';
import { type CloudHttp, cloudHttp } from '#src/cloud/http-client.ts';
import { everyNumberedPage } from '#src/cloud/numbered-pages.ts';
import { unlessAbsent } from '#src/cloud/one-machine.ts';
import { ProviderResponseError } from '#src/cloud/provider-response-error.ts';
import { changed, type DnsRecord, errorMessageIn, recordsPage } from './answers.ts';
import { adviceOn, meaningOf, saysAbsent, saysIdentical, saysNoZone } from './errors.ts';
import { type Zones, zonesOf } from './zones.ts';

/** Clients ask again after so long, in seconds; the grace of a rebuild is more than twice that. */
const ttlSeconds = 120;
/** What others write at the same time is written over so often. */
const mostRounds = 3;
/** After a 429 without Retry-After: all 1200 calls of five minutes are spent, and nobody knows how long ago they began. */
const waitMs = 60_000;

export interface CloudflareOptions extends Pick<DriverOptions, 'apiUrl' | 'instance' | 'deadlineMs' | 'fetch' | 'now'> {
  readonly apiToken: string;
  /** Goes into the comment of each record. */
  readonly installation: string;
}

/** Cloudflare's API v4; the token may read the zones and edit the DNS of the one that the servers' names lie in. */
export function cloudflare({ apiToken: apiKey, installation, ...options }: CloudflareOptions): Dns {
  const apiUrl = options.apiUrl.replace(/\/+$/, '');
  const messages = { errorMessageIn, meaningOf, waitIn: () => waitMs };
  const http = cloudHttp({ ...options, ...messages, provider: 'cloudflare', apiUrl, apiKey });
  const zones = zonesOf(http);
  const on = async <T>(hostname: string, signal: AbortSignal, act: (name: Name) => Promise<T>): Promise<T> => {
    try {
      const zone = await zones.idFor(hostname, signal);
      return await act({
        http,
        hostname,
        path: `/zones/${zone}/dns_records`,
        signal,
        comment: `ghostifi ${installation}`,
      });
    } catch (error) {
      throw asDnsError(error, zones);
    }
  };
  return {
    name: 'cloudflare',
    read: (hostname, signal) =>
      unlessNoZone(
        on(hostname, signal, async (name) => (await list(name)).map(({ content }) => content)),
        [],
      ),
    point: (hostname, addresses, signal) => on(hostname, signal, (name) => point(name, addresses)),
    remove: (hostname, addresses, signal) =>
      unlessNoZone(
        on(hostname, signal, async (name) => void (await drop(name, ({ content }) => addresses.includes(content)))),
        undefined,
      ),
    clear: (hostname, addresses, signal) =>
      unlessNoZone(
        on(hostname, signal, (name) =>
          drop(name, ({ content, comment }) => addresses.includes(content) || comment === name.comment),
        ),
        false,
      ),
  };
}

/** Where there is no zone there is no record: nobody is sent anywhere by the name. */
async function unlessNoZone<T>(call: Promise<T>, nothing: T): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof DnsError && error.fault === 'no-zone') return nothing;
    throw error;
  }
}

/** One name in its zone, and how to ask about it. */
interface Name {
  readonly http: CloudHttp;
  readonly hostname: string;
  readonly path: string;
  readonly comment: string;
  readonly signal: AbortSignal;
}

/** What a name shall have of one type; null: nothing. */
interface Wanted {
  readonly type: 'A' | 'AAAA';
  readonly content: string | null;
}

/** Only what a list shows is believed: it is asked before each round, and after the last. */
async function point(name: Name, { ipv4, ipv6 }: Addresses): Promise<boolean> {
  const wanted: readonly Wanted[] = [
    { type: 'A', content: ipv4 },
    { type: 'AAAA', content: ipv6 },
  ];
  return inRounds(name, async (records) => {
    const wrong = wanted.filter((one) => !isRight(records, one));
    for (const one of wrong) await bring(name, records, one);
    return wrong.length > 0;
  });
}

/** Whether there was any. */
async function drop(name: Name, isGoing: (record: DnsRecord) => boolean): Promise<boolean> {
  return inRounds(name, async (records) => {
    const going = records.filter(isGoing);
    for (const record of going) await dropOne(name, record);
    return going.length > 0;
  });
}

/** Until a round, given what the name has now, finds nothing to change; whether one had to. */
async function inRounds(name: Name, round: (records: readonly DnsRecord[]) => Promise<boolean>): Promise<boolean> {
  for (let rounds = 0; ; rounds += 1) {
    if (!(await round(await list(name)))) return rounds > 0;
    if (rounds >= mostRounds)
      throw new DnsError('unavailable', `cloudflare: ${name.hostname} does not become what it was told to be.`);
  }
}

/** The name's addresses. That it is this name and no other is looked at again: others' records are changed by a mistake. */
async function list({ http, hostname, path, signal }: Name): Promise<readonly DnsRecord[]> {
  const listing = { path, filter: { 'name.exact': hostname }, page: recordsPage, perPage: 100 };
  const records = await everyNumberedPage(http, listing, signal);
  return records.filter(
    ({ name, type }) => name.toLowerCase() === hostname.toLowerCase() && (type === 'A' || type === 'AAAA'),
  );
}

function isRight(records: readonly DnsRecord[], { type, content }: Wanted): boolean {
  const have = records.filter((record) => record.type === type);
  return content === null ? have.length === 0 : have.length === 1 && have.every((record) => says(record, content));
}

/** The proxy carries no UDP, and with it no WireGuard. */
function says(record: DnsRecord, content: string): boolean {
  return record.content === content && record.ttl === ttlSeconds && !record.proxied;
}

/** A POST is no upsert but makes a second record, so that what is there is written over and its like removed after that. */
async function bring(name: Name, records: readonly DnsRecord[], { type, content }: Wanted): Promise<void> {
  const have = records.filter((record) => record.type === type);
  const kept = content === null ? undefined : (have.find((record) => record.content === content) ?? have[0]);
  if (content !== null && !(kept && says(kept, content))) await write(name, kept ?? null, { type, content });
  for (const record of have) if (record !== kept) await dropOne(name, record);
}

/** null: makes one. */
async function write(name: Name, record: DnsRecord | null, wanted: { type: string; content: string }): Promise<void> {
  const { http, hostname, comment, signal } = name;
  const body = { ...wanted, name: hostname, ttl: ttlSeconds, proxied: false, comment };
  const path = record ? `${name.path}/${record.id}` : name.path;
  const call = http({ method: record ? 'PUT' : 'POST', path, body, answer: changed, signal });
  // Somebody else was faster, either way: the next look decides.
  await unlessAbsent(call, (status, message) => saysAbsent(status, message) || saysIdentical(message));
}

async function dropOne({ http, path, signal }: Name, { id }: DnsRecord): Promise<void> {
  await unlessAbsent(http({ method: 'DELETE', path: `${path}/${id}`, answer: z.unknown(), signal }), saysAbsent);
}

const faults: Partial<Record<string, DnsFault>> = {
  ...{ 'rate-limited': 'rate-limited', 'not-allowed': 'not-allowed', rejected: 'rejected' },
};

function asDnsError(error: unknown, zones: Zones): unknown {
  if (!(error instanceof ProviderError)) return error;
  const message = error instanceof ProviderResponseError ? error.providerMessage : null;
  const isLost = saysNoZone(message);
  // It was made anew, or moved to another account: the next call looks for it by its name.
  if (isLost || error.fault === 'not-allowed') zones.forget();
  const fault = isLost ? 'unavailable' : (faults[error.fault] ?? 'unavailable');
  return new DnsError(fault, `${error.message}${adviceOn(message)}`, { retryAfterMs: error.retryAfterMs });
}
