import { z } from 'zod';
import { type Addresses, DnsError } from '#queues/ports/dns.ts';
import type { CloudHttp } from '#src/cloud/http-client.ts';
import { everyNumberedPage } from '#src/cloud/numbered-pages.ts';
import { nullIfNotFound } from '#src/cloud/one-machine.ts';
import { changed, type DnsRecord, recordsPage } from './answers.ts';
import { isDuplicate, isNotFound } from './errors.ts';

/** Clients repeat their DNS query after this many seconds; the grace of a rebuild is more than twice as long. */
const ttlSeconds = 120;
/** The maximum number of rounds; more than one is needed if another client changes the records meanwhile. */
const maxRounds = 3;

/** One name in its zone, with the HTTP client and path for its records. */
export interface Name {
  readonly http: CloudHttp;
  readonly hostname: string;
  readonly path: string;
  readonly comment: string;
  readonly signal: AbortSignal;
}

/** The record that a name must have of one type; null: it must have none. */
interface Wanted {
  readonly type: 'A' | 'AAAA';
  readonly content: string | null;
}

/** Corrects the name's addresses, and lists them again after each round; returns whether anything was changed. */
export async function pointRecords(name: Name, { ipv4, ipv6 }: Addresses): Promise<boolean> {
  const wanted: readonly Wanted[] = [
    { type: 'A', content: ipv4 },
    { type: 'AAAA', content: ipv6 },
  ];
  return repeat(name, async (records) => {
    const wrong = wanted.filter((one) => !isCorrect(records, one));
    for (const one of wrong) await correct(name, records, one);
    return wrong.length > 0;
  });
}

/** Removes the chosen addresses of the name; returns whether there were any. */
export async function removeRecords(name: Name, isChosen: (record: DnsRecord) => boolean): Promise<boolean> {
  return repeat(name, async (records) => {
    const chosen = records.filter(isChosen);
    for (const record of chosen) await removeRecord(name, record);
    return chosen.length > 0;
  });
}

/** The name's A and AAAA records. Compares the whole name again, since other names must never be changed. */
export async function readRecords({ http, hostname, path, signal }: Name): Promise<readonly DnsRecord[]> {
  const listing = { path, filter: { 'name.exact': hostname }, page: recordsPage, perPage: 100 };
  const records = await everyNumberedPage(http, listing, signal);
  return records.filter(
    ({ name, type }) => name.toLowerCase() === hostname.toLowerCase() && (type === 'A' || type === 'AAAA'),
  );
}

/** Repeats a round with the current records until it changes nothing; returns whether a round changed something. */
async function repeat(name: Name, round: (records: readonly DnsRecord[]) => Promise<boolean>): Promise<boolean> {
  for (let rounds = 0; ; rounds += 1) {
    if (!(await round(await readRecords(name)))) return rounds > 0;
    if (rounds >= maxRounds) {
      const message = `cloudflare: ${name.hostname} has other records again after ${maxRounds} corrections.`;
      throw new DnsError('unavailable', message);
    }
  }
}

function isCorrect(records: readonly DnsRecord[], { type, content }: Wanted): boolean {
  const ofType = records.filter((record) => record.type === type);
  if (content === null) return ofType.length === 0;
  return ofType.length === 1 && ofType.every((record) => hasContent(record, content));
}

/** Cloudflare's proxy forwards no UDP, so a proxied record breaks WireGuard. */
function hasContent(record: DnsRecord, content: string): boolean {
  return record.content === content && record.ttl === ttlSeconds && !record.proxied;
}

/** Overwrites an existing record, since a POST would add a second one. Then removes the others of its type. */
async function correct(name: Name, records: readonly DnsRecord[], { type, content }: Wanted): Promise<void> {
  const ofType = records.filter((record) => record.type === type);
  const kept = content === null ? undefined : (ofType.find((record) => record.content === content) ?? ofType[0]);
  if (content !== null && !(kept && hasContent(kept, content))) await write(name, kept ?? null, { type, content });
  for (const record of ofType) if (record !== kept) await removeRecord(name, record);
}

/** Overwrites the record; null: creates one. */
async function write(name: Name, record: DnsRecord | null, wanted: { type: string; content: string }): Promise<void> {
  const { http, hostname, comment, signal } = name;
  const body = { ...wanted, name: hostname, ttl: ttlSeconds, proxied: false, comment };
  const path = record ? `${name.path}/${record.id}` : name.path;
  const call = http({ method: record ? 'PUT' : 'POST', path, body, answer: changed, signal });
  // Another run removed or created the record first: the next round decides.
  await nullIfNotFound(call, (status, message) => isNotFound(status, message) || isDuplicate(message));
}

async function removeRecord({ http, path, signal }: Name, { id }: DnsRecord): Promise<void> {
  await nullIfNotFound(http({ method: 'DELETE', path: `${path}/${id}`, answer: z.unknown(), signal }), isNotFound);
}
