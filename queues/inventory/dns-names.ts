import type { InventoryRow, MachineWithServer } from '#db/reads/inventory.ts';
import { addressesOf } from '#queues/jobs/steps/dns-name.ts';
import { concernsOneName, type Dns, DnsError } from '#queues/ports/dns.ts';
import type { Pass } from './pass.ts';
import { turnOf } from './turn-of.ts';

/** A sixteenth of the calls that Cloudflare allows, with a pass each 20 s. */
const checksPerPass = 5;

/** A worker that was frozen while its server was destroyed or suspended can write a late DNS record when it wakes. */
const lateWriteMs = 24 * 60 * 60_000;

type Check = () => Promise<void>;

/**
 * Checks the names of the running servers, and of those that were destroyed or suspended within the last day, a few in
 * each pass. Points a running server's name at its machine if it does not point there. The server may be older than the
 * names, or a late write or a person may have changed the record. Also corrects a record that is proxied or has another
 * TTL. Removes the addresses of the other servers' machines from their names.
 */
export async function checkNames(pass: Pass, rows: readonly InventoryRow[]): Promise<void> {
  const { dns, log, now } = pass;
  if (!dns) return;
  const checks = [...runningChecks(pass, dns, rows), ...(await emptiedChecks(pass, dns))];
  for (const check of turnOf(checks, checksPerPass, now())) {
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

async function emptiedChecks(pass: Pass, dns: Dns): Promise<Check[]> {
  const emptied = await pass.store.readEmptied(new Date(pass.now().getTime() - lateWriteMs));
  const byServer = Map.groupBy(emptied, ({ server }) => server.id);
  return [...byServer.values()].map((ofServer) => () => clearName(pass, dns, ofServer));
}

/** Throws every other error. */
function dnsErrorIn(error: unknown): DnsError {
  if (error instanceof DnsError) return error;
  throw error;
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

/** A suspended server may have been resumed since its row was read. */
async function clearName({ store, log, signal }: Pass, dns: Dns, rows: readonly MachineWithServer[]): Promise<void> {
  const [server] = rows.map((row) => row.server);
  if (!server || (await store.readServer(server.id))?.server.status !== server.status) return;
  const { hostname, status } = server;
  const addresses = rows.flatMap(({ machine }) => addressesOf(machine));
  if (await dns.clear(hostname, addresses, signal))
    log.warn({ event: 'dns-record-cleared', hostname }, `Cleared the DNS record of a ${status} server's name`);
}
