import type { MachineWithServer } from '#db/reads/inventory.ts';
import type { Machine } from '#db/tables.ts';
import { type Alert, alert } from '#queues/alerts/alert.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import type { Kept } from './clean-up.ts';
import { detailOf, takeoverAdvice, type UnknownMachine } from './unknown-machines.ts';

/** The provider as the messages name it, and the time at which the alert is raised. */
export interface AlertSource {
  readonly provider: string;
  readonly now: Date;
}

/** `timeoutMs`: how long the pass was given, for an error that is not the provider's. */
export function listingFailed({ provider, now }: AlertSource, error: unknown, timeoutMs: number): Alert {
  const fault = error instanceof ProviderError ? error.fault : 'timeout';
  const message = error instanceof ProviderError ? error.message : `There was no answer within ${timeoutMs / 1000} s.`;
  return alert({
    kind: 'provider',
    subject: provider,
    message: `${provider} did not list its machines (${fault}): ${message}`,
    raisedAt: now,
  });
}

export function machinesElsewhere({ provider, now }: AlertSource, elsewhere: readonly Machine[]): Alert {
  const others = [...new Set(elsewhere.map((machine) => machine.provider))].join(', ');
  return alert({
    kind: 'configuration',
    subject: 'CLOUD',
    message: `${elsewhere.length} machines are at ${others}, and the workers are configured for ${provider}. The inventory does nothing until CLOUD is corrected.`,
    raisedAt: now,
  });
}

/** `account` is the one that the configured key opens. */
export function otherAccount({ provider, now }: AlertSource, account: string, count: number): Alert {
  return alert({
    kind: 'configuration',
    subject: 'account',
    message: `${count} machines are in another account of ${provider} than the configured key's (${account}). The inventory does nothing until the key is corrected.`,
    raisedAt: now,
  });
}

export function nothingListed({ provider, now }: AlertSource, count: number): Alert {
  return alert({
    kind: 'configuration',
    subject: 'listing',
    message: `${provider} lists none of the ${count} machines that customers use. The inventory removes nothing until the key, its project or INSTALLATION is corrected.`,
    raisedAt: now,
  });
}

export function unknownMachine({ provider, now }: AlertSource, { machine, needing }: UnknownMachine): Alert {
  const advice = needing ? takeoverAdvice(needing) : 'Read docs/runbook.md before you remove it.';
  return alert({
    kind: 'unknown-machine',
    subject: machine.id,
    message: `Machine ${machine.id} (${machine.name}) at ${provider} carries our tag and has no row. It is paid for. ${advice}`,
    raisedAt: now,
    detail: detailOf(machine),
  });
}

export function machineMissing({ provider, now }: AlertSource, { machine, server }: MachineWithServer): Alert {
  return alert({
    kind: 'machine-missing',
    subject: server.id,
    message: `${provider} does not list machine ${machine.name} of ${server.customer}'s running server. Rebuild the server to give it a new one.`,
    raisedAt: now,
  });
}

export function machineKept({ now }: AlertSource, { machine, why }: Kept): Alert {
  return alert({
    kind: 'machine-kept',
    subject: machine.name,
    message: `Machine ${machine.id} (${machine.name}) is not needed and cannot be removed: ${why}`,
    raisedAt: now,
  });
}
