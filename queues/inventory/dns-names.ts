import type { InventoryRow } from '#db/reads/inventory.ts';
import { addressesOf } from '#queues/jobs/steps/dns-name.ts';
import { concernsOneName, type Dns, DnsError } from '#queues/ports/dns.ts';
import type { Pass } from './pass.ts';

/** A sixteenth of the calls that Cloudflare allows, with a pass each 20 s. */
const checksPerPass = 5;
const passMs = 20_000;

/** A worker that was frozen while its server was destroyed can write a late DNS record when it wakes. */
const lateWriteMs = 24 * 60 * 60_000;

type Check = () => Promise<void>;

/**
 * Checks the names of the running servers, and of those that were destroyed within the last day, a few in each pass.
 * Points a running server's name at its machine if it does not point there. The server may be older than the names, or
 * a late write or a person may have changed the record. Also corrects a record that is proxied or has another TTL.
 * Removes the addresses of a destroyed server's machines from its name.
 */
export async function checkNames(pass: Pass, rows: readonly InventoryRow[]): Promise<void> {
  const { dns, log, now } = pass;
  if (!dns) return;
  const checks = [...runningChecks(pass, dns, rows), ...(await destroyedChecks(pass, dns))];
  for (const check of turnOf(checks, now())) {
    const error = await check().catch(dnsErrorIn);
    if (error) log.warn({ event: 'name-check-failed', error: error.message }, 'Could not check a DNS name');
    if (error && !concernsOneName(error)) return;
  }
}

function runningChecks(pass: Pass, dns: Dns, rows: readonly InventoryRow[]): Check[] {
  const runningIds = new Set(pass.listing.filter(({ state }) => state === 'running').map(({ id }) => id));
  const inService = rows.filter(
    ({ machine, server }) =>
      machine.state === 'current' && server.status === 'running' && runningIds.has(machine.providerId ?? ''),
  );
  return inService.map((row) => () => pointNameAtMachine(pass, dns, row));
}

async function destroyedChecks(pass: Pass, dns: Dns): Promise<Check[]> {
  const destroyed = await pass.store.readDestroyed(new Date(pass.now().getTime() - lateWriteMs));
  const byHostname = Map.groupBy(destroyed, ({ server }) => server.hostname);
  return [...byHostname].map(([hostname, ofServer]) => {
    const addresses = ofServer.flatMap(({ machine }) => addressesOf(machine));
    return () => clearName(pass, dns, { hostname, addresses });
  });
}

/** Throws every other error. */
function dnsErrorIn(error: unknown): DnsError {
  if (error instanceof DnsError) return error;
  throw error;
}

/** The checks of this pass. The time selects them, so that no process has to store the last one. */
function turnOf(all: readonly Check[], now: Date): readonly Check[] {
  const from = (Math.floor(now.getTime() / passMs) * checksPerPass) % Math.max(all.length, 1);
  return [...all.slice(from, from + checksPerPass), ...all.slice(0, from)].slice(0, checksPerPass);
}

async function pointNameAtMachine(pass: Pass, dns: Dns, { server, machine }: InventoryRow): Promise<void> {
  const { store, log, signal } = pass;
  const { ipv4, ipv6 } = machine;
  const { hostname } = server;
  if (ipv4 === null) return;
  const now = await store.readServer(server.id);
  if (now?.server.status !== 'running' || now.machine?.id !== machine.id) return;
  if (await dns.point(hostname, { ipv4, ipv6 }, signal))
    log.warn({ event: 'dns-record-corrected', hostname, ipv4, ipv6 }, 'Corrected a DNS record');
}

async function clearName(
  { log, signal }: Pass,
  dns: Dns,
  { hostname, addresses }: { readonly hostname: string; readonly addresses: readonly string[] },
): Promise<void> {
  if (await dns.clear(hostname, addresses, signal))
    log.warn({ event: 'dns-record-cleared', hostname }, "Cleared the DNS record of a destroyed server's name");
}
