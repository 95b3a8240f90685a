import { concernsOneName, type Dns, DnsError } from '#queues/ports/dns.ts';
import { createGate, type Gate, type RefusedOperation } from './gate.ts';

/** Holds back all jobs while the DNS told us to wait, or refuses our token: none can end without it. A name that it does not take holds back none but its own. */
export interface DnsGate extends Gate {
  /** The DNS, watched: its refusals close the gate. */
  readonly dns: Dns;
}

/** Long enough to be told once, and shorter than a job waits with its name: another process may have it taken next time. */
const newsMs = 10_000;
/** What is forgotten is raised again, or cleared, by the next look at the name. */
const mostNames = 10_000;

export function createDnsGate(inner: Dns, now: () => Date, clock: () => number = () => performance.now()): DnsGate {
  const gate = createGate((error) => (error instanceof DnsError ? error : null), now, clock);
  const names = nameLog(now, clock);
  const on = <T>(operation: string, hostname: string, call: Promise<T>): Promise<T> =>
    gate.watched(operation, names.watched(hostname, call));
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

/** How the last calls about each name have ended. */
function nameLog(now: () => Date, clock: () => number) {
  const refused = new Map<string, { readonly until: number; readonly message: string }>();
  const succeededAt = new Map<string, Date>();
  return {
    watched: async <T>(hostname: string, call: Promise<T>): Promise<T> => {
      try {
        const answer = await call;
        refused.delete(hostname);
        keep(succeededAt, hostname, now());
        return answer;
      } catch (error) {
        if (error instanceof DnsError && concernsOneName(error))
          keep(refused, hostname, { until: clock() + newsMs, message: error.message });
        throw error;
      }
    },
    refusals: (): RefusedOperation[] =>
      [...refused]
        .filter(([, { until }]) => until > clock())
        .map(([subject, { message }]) => ({
          subject,
          message: `does not take the name ${subject}: ${message} Its job waits, without using attempts.`,
          lasting: false,
        })),
    isOver: (hostname: string, refusedAt: Date) => {
      const last = succeededAt.get(hostname);
      return last !== undefined && last >= refusedAt;
    },
  };
}

function keep<T>(log: Map<string, T>, name: string, value: T): void {
  log.delete(name);
  log.set(name, value);
  const oldest = log.keys().next().value;
  if (log.size > mostNames && oldest !== undefined) log.delete(oldest);
}
