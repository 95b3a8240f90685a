import type { MachineWithServer } from '#db/reads/inventory.ts';
import { type Dns, DnsError } from '../ports/dns.ts';
import type { CloudMachine } from '../ports/provider.ts';
import type { InventoryDeps } from './inventory.ts';

/** A sixteenth of what Cloudflare allows, with a pass each 20 s. */
const looksPerPass = 5;
const passMs = 20_000;

/**
 * Goes round the running servers, a few in each pass, and points a name at its server's machine that does not: one that
 * was sold before names were kept, one that a write which came late has changed, or a person.
 */
export async function checkNames(
  deps: InventoryDeps,
  rows: readonly MachineWithServer[],
  listing: readonly CloudMachine[],
  signal: AbortSignal,
): Promise<void> {
  const { dns, log } = deps;
  if (!dns) return;
  const isUp = new Set(listing.filter(({ state }) => state === 'running').map(({ id }) => id));
  const settled = rows.filter(
    ({ machine, server }) =>
      machine.state === 'current' && server.status === 'running' && isUp.has(machine.providerId ?? ''),
  );
  try {
    for (const row of turnOf(settled, deps.now())) await checkName(deps, dns, row, signal);
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    log.warn({ error: error.message }, 'Names cannot be looked at now');
  }
}

/** Those whose turn it is at this time, so that nobody has to remember who was the last. */
function turnOf<T>(all: readonly T[], now: Date): readonly T[] {
  const from = (Math.floor(now.getTime() / passMs) * looksPerPass) % Math.max(all.length, 1);
  return [...all.slice(from), ...all.slice(0, from)].slice(0, looksPerPass);
}

async function checkName(deps: InventoryDeps, dns: Dns, row: MachineWithServer, signal: AbortSignal): Promise<void> {
  const { server, machine } = row;
  const { ipv4, ipv6 } = machine;
  if (ipv4 === null) return;
  const wanted = [ipv4, ipv6].filter((address) => address !== null);
  const pointed = await dns.read(server.hostname, signal);
  if (pointed.length === wanted.length && wanted.every((address) => pointed.includes(address))) return;
  const now = await deps.store.readServer(server.id);
  if (now?.server.status !== 'running' || now.machine?.id !== machine.id) return;
  deps.log.warn({ hostname: server.hostname, pointed, wanted }, 'A name does not point at its machine; it is mended');
  await dns.point(server.hostname, { ipv4, ipv6 }, signal);
}
