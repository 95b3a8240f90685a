import type { Figures } from '#db/reads/figures.ts';
import type { InventoryRow } from '#db/reads/inventory.ts';
import type { Server } from '#db/tables.ts';
import { type Alert, alert } from '#queues/alerts/alert.ts';
import { type CloudMachine, ProviderError } from '#queues/ports/provider.ts';
import type { Kept } from './clean-up.ts';
import type { InventoryDeps } from './pass.ts';
import { detailOf, takeoverAdvice, type UnknownMachine } from './unknown-machines.ts';

/** The provider that the messages name, and the clock for `raisedAt`. */
type Source = Pick<InventoryDeps, 'provider' | 'now'>;

/** `timeoutMs`: how long the pass was given, for an error that is not the provider's. */
export function listingFailed({ provider, now }: Source, error: unknown, timeoutMs: number): Alert {
  const fault = error instanceof ProviderError ? error.fault : 'timeout';
  const message = error instanceof ProviderError ? error.message : `There was no answer within ${timeoutMs / 1000} s.`;
  return alert({
    kind: 'provider',
    subject: provider.name,
    message: `${provider.name} did not list its machines (${fault}): ${message}`,
    raisedAt: now(),
  });
}

export function machinesElsewhere({ provider, now }: Source, elsewhere: Figures['machines']): Alert {
  const others = [...new Set(elsewhere.map((machines) => machines.provider))].join(', ');
  const count = elsewhere.reduce((sum, machines) => sum + machines.count, 0);
  return alert({
    kind: 'configuration',
    subject: 'CLOUD',
    message: `${count} machines are at ${others}, and the workers are configured for ${provider.name}. The inventory does nothing until CLOUD is corrected.`,
    raisedAt: now(),
  });
}

/** `account` is the one that the configured key opens. */
export function otherAccount({ provider, now }: Source, account: string, count: number): Alert {
  return alert({
    kind: 'configuration',
    subject: 'account',
    message: `${count} machines are in another account of ${provider.name} than the configured key's (${account}). The inventory does nothing until the key is corrected.`,
    raisedAt: now(),
  });
}

export function nothingListed({ provider, now }: Source, count: number): Alert {
  return alert({
    kind: 'configuration',
    subject: 'listing',
    message: `${provider.name} lists none of the ${count} machines that customers use. The inventory removes nothing until the key, its project or INSTALLATION is corrected.`,
    raisedAt: now(),
  });
}

export function unknownMachine({ provider, now }: Source, unknown: UnknownMachine): Alert {
  const { machine, server, need } = unknown;
  const advice = need ? takeoverAdvice(need) : `${whose(machine, server)} Read docs/runbook.md before you remove it.`;
  return alert({
    kind: 'unknown-machine',
    subject: machine.id,
    message: `Machine ${machine.id} (${machine.name}) at ${provider.name} carries our tag and has no row. It is paid for. ${advice}`,
    raisedAt: now(),
    detail: detailOf(unknown),
  });
}

function whose({ owner }: CloudMachine, server: Server | null): string {
  if (server) return `Its tag names server ${server.id} of ${server.customer}, which is ${server.status}.`;
  return `No row has the server in its tag${owner ? `, ${owner.serverId}` : ''}.`;
}

export function machineMissing({ provider, now }: Source, { machine, server }: InventoryRow): Alert {
  return alert({
    kind: 'machine-missing',
    subject: server.id,
    message: `${provider.name} does not list machine ${machine.name} of ${server.customer}'s running server. Rebuild the server to give it a new one.`,
    raisedAt: now(),
    detail: { serverId: server.id },
  });
}

export function machineKept({ now }: Source, { machine, why }: Kept): Alert {
  return alert({
    kind: 'machine-kept',
    subject: machine.name,
    message: `Machine ${machine.id} (${machine.name}) is not needed and cannot be removed: ${why}`,
    raisedAt: now(),
    detail: { serverId: machine.owner?.serverId ?? null },
  });
}
