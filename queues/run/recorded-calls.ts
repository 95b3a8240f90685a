import type { CallOperation, JobCall } from '#db/calls.ts';
import { type Dns, DnsError } from '#queues/ports/dns.ts';
import { type Provider, ProviderError } from '#queues/ports/provider.ts';
import type { ServerVpn } from '#queues/ports/vpn.ts';

/** Records the changes of one job's runs. */
export interface CallRecorder {
  readonly add: (call: Omit<JobCall, 'n'>) => void;
  readonly now: () => Date;
}

type Change = Pick<JobCall, 'service' | 'operation' | 'target'>;
/** What the record says of a call that succeeded; null: it changed nothing, and is not recorded. */
type Success = Partial<Pick<JobCall, 'target' | 'message'>> | null;

/** The same provider; each of its changes is recorded. */
export function recordedProvider(provider: Provider, recorder: CallRecorder): Provider {
  const service = provider.name;
  const { forgetOwner } = provider;
  const change = (operation: CallOperation, target: string) => ({ service, operation, target });
  return {
    ...provider,
    create: (spec, signal) =>
      record(recorder, change('create', spec.name), {
        call: () => provider.create(spec, signal),
        success: ({ id }) => ({ target: id, message: spec.name }),
      }),
    remove: (id, signal) =>
      record(recorder, change('remove', id), { call: () => provider.remove(id, signal), success: () => ({}) }),
    forgetUserData: (id, signal) =>
      record(recorder, change('forget-user-data', id), {
        call: () => provider.forgetUserData(id, signal),
        success: (shown) => shown && {},
      }),
    forgetOwner:
      forgetOwner &&
      ((owner, signal) =>
        record(recorder, change('forget-owner', owner.serverId), {
          call: () => forgetOwner(owner, signal),
          success: () => ({}),
        })),
  };
}

/** The same DNS; each of its changes is recorded. */
export function recordedDns(dns: Dns, recorder: CallRecorder): Dns {
  const change = (operation: CallOperation, target: string) => ({ service: dns.name, operation, target });
  return {
    ...dns,
    point: (hostname, addresses, signal) =>
      record(recorder, change('point', hostname), {
        call: () => dns.point(hostname, addresses, signal),
        success: (isChanged) => (isChanged ? { message: listed([addresses.ipv4, addresses.ipv6]) } : null),
      }),
    remove: (hostname, addresses, signal) =>
      record(recorder, change('remove-address', hostname), {
        call: () => dns.remove(hostname, addresses, signal),
        success: () => ({ message: listed(addresses) }),
      }),
    clear: (hostname, addresses, signal) =>
      record(recorder, change('clear', hostname), {
        call: () => dns.clear(hostname, addresses, signal),
        success: (isChanged) => (isChanged ? {} : null),
      }),
  };
}

/** The same VPN; the first answer from each address is recorded. */
export function recordedVpn(vpn: ServerVpn, { add, now }: CallRecorder): ServerVpn {
  return {
    ...vpn,
    ask: (address, signal) => {
      const begunAt = performance.now();
      const asking = vpn.ask(address, signal);
      const answer = { service: 'vpn', operation: 'answer', target: address, outcome: 'ok', message: null } as const;
      asking.answered.then(
        () => add({ ...answer, at: now(), ms: msSince(begunAt) }),
        // The run that waits for the answer handles it.
        () => undefined,
      );
      return asking;
    },
  };
}

interface Recording<T> {
  readonly call: () => Promise<T>;
  readonly success: (result: T) => Success;
}

async function record<T>({ add, now }: CallRecorder, change: Change, { call, success }: Recording<T>): Promise<T> {
  const begunAt = performance.now();
  const end = () => ({ at: now(), ms: msSince(begunAt) });
  try {
    const result = await call();
    const found = success(result);
    if (found) add({ ...change, ...end(), outcome: 'ok', message: null, ...found });
    return result;
  } catch (error) {
    add({ ...change, ...end(), ...failureOf(error) });
    throw error;
  }
}

const longestMessage = 300;

/** Only these errors promise that their messages have no secrets. */
function failureOf(error: unknown): Pick<JobCall, 'outcome' | 'message'> {
  if (error instanceof ProviderError || error instanceof DnsError)
    return { outcome: error.fault, message: error.message.slice(0, longestMessage) };
  return { outcome: 'error', message: error instanceof Error ? error.name : null };
}

function listed(addresses: readonly (string | null)[]): string {
  return addresses.filter((address) => address !== null).join(', ');
}

function msSince(begunAt: number): number {
  return Math.round(performance.now() - begunAt);
}
