import { concernsOneName, type Dns, DnsError } from '#queues/ports/dns.ts';
import { createGate, type Gate } from './gate.ts';
import type { RefusedOperation } from './refused-operations.ts';

/**
 * Holds back all jobs while the DNS limits calls or refuses the token, since no job can end without it. A name that the
 * DNS rejects holds back only its own job.
 */
export interface DnsGate extends Gate {
  /** The DNS; every call through it is recorded in the gate. */
  readonly dns: Dns;
}

/**
 * Long enough to be reported once, and shorter than the delay of the name's job: the next attempt may succeed in
 * another process.
 */
const reportedForMs = 10_000;
/** Caps the memory. The next call about a forgotten name raises or clears its alert again. */
const mostNames = 10_000;

/** `clock` is monotonic, in ms. */
export function createDnsGate(inner: Dns, now: () => Date, clock: () => number = () => performance.now()): DnsGate {
  const serviceErrorOf = (error: unknown) => (error instanceof DnsError ? error : null);
  const gate = createGate({ serviceErrorOf, now, clock });
  const names = createNameResults(now, clock);
  const on = <T>(operation: string, hostname: string, call: Promise<T>): Promise<T> =>
    gate.observe(operation, names.observe(hostname, call));
  const dns: Dns = {
    name: inner.name,
    read: (hostname, signal) => on('read', hostname, inner.read(hostname, signal)),
    point: (hostname, addresses, signal) => on('point', hostname, inner.point(hostname, addresses, signal)),
    remove: (hostname, addresses, signal) => on('remove', hostname, inner.remove(hostname, addresses, signal)),
    clear: (hostname, addresses, signal) => on('clear', hostname, inner.clear(hostname, addresses, signal)),
  };
  return {
    ...gate,
    dns,
    refusals: () => [...gate.refusals(), ...names.refusals()],
    isOver: (subject, refusedAt) => gate.isOver(subject, refusedAt) || names.isOver(subject, refusedAt),
  };
}

/** The last result of the calls about each name. */
function createNameResults(now: () => Date, clock: () => number) {
  const refused = new Map<string, { readonly at: number; readonly message: string }>();
  const provenAt = new Map<string, Date>();
  return {
    observe: async <T>(hostname: string, call: Promise<T>): Promise<T> => {
      const begun = { at: clock(), on: now() };
      try {
        const answer = await call;
        // A call that began before a refusal, of this or another process, does not prove that the name is accepted now.
        if (begun.at >= (refused.get(hostname)?.at ?? 0)) refused.delete(hostname);
        if (begun.on > (provenAt.get(hostname) ?? 0)) keepLatest(provenAt, hostname, begun.on);
        return answer;
      } catch (error) {
        if (error instanceof DnsError && concernsOneName(error))
          keepLatest(refused, hostname, { at: clock(), message: error.message });
        throw error;
      }
    },
    refusals: (): RefusedOperation[] =>
      [...refused]
        .filter(([, { at }]) => at + reportedForMs > clock())
        .map(([subject, { message }]) => ({
          subject,
          message: `rejects the name ${subject}: ${message} Its job waits, without using attempts.`,
          lasting: false,
          // A server's hostname is its id under the domain.
          detail: { serverId: subject.split('.')[0] ?? subject },
        })),
    isOver: (hostname: string, refusedAt: Date) => {
      const last = provenAt.get(hostname);
      return last !== undefined && last >= refusedAt;
    },
  };
}

/** Sets the value, and deletes the oldest one beyond `mostNames`. */
function keepLatest<T>(results: Map<string, T>, name: string, value: T): void {
  results.delete(name);
  results.set(name, value);
  const oldest = results.keys().next().value;
  if (results.size > mostNames && oldest !== undefined) results.delete(oldest);
}
