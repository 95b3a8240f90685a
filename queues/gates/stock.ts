import { type MachineSpec, ProviderError } from '#queues/ports/provider.ts';
import type { RefusedOperation } from './refused-operations.ts';

/** The plans that are sold out at a location, by the provider's answers to orders. Other jobs need not wait for them. */
export interface Stock {
  /** Records the result of an order, and settles as the call itself does. */
  observe<T>(spec: Pick<MachineSpec, 'plan' | 'location'>, order: Promise<T>): Promise<T>;
  refusals(): readonly RefusedOperation[];
  /** true, unless this process was told so within the last minutes. A process that was told holds its alert. */
  isOver(subject: string): boolean;
}

/** Longer than the pause of the jobs that wait, each of which asks again. */
const keptMs = 3 * 60_000;

/** `clock` is monotonic, in ms. */
export function createStock(clock: () => number): Stock {
  const soldOut = new Map<string, { readonly until: number; readonly refusal: RefusedOperation }>();
  const refusals = () => {
    for (const [subject, { until }] of soldOut) if (until <= clock()) soldOut.delete(subject);
    return [...soldOut.values()].map(({ refusal }) => refusal);
  };
  return {
    observe: async ({ plan, location }, order) => {
      const subject = soldOutSubject({ plan, location });
      try {
        const made = await order;
        soldOut.delete(subject);
        return made;
      } catch (error) {
        if (error instanceof ProviderError && error.fault === 'capacity') {
          const message = `has no ${plan} in ${location}: ${error.message} Its jobs wait up to an hour, without using attempts, and it is not sold there meanwhile.`;
          const refusal = { subject, message, lasting: true, detail: { plan, location } };
          soldOut.set(subject, { until: clock() + keptMs, refusal });
        }
        throw error;
      }
    },
    refusals,
    isOver: (subject) => refusals().every((refusal) => refusal.subject !== subject),
  };
}

/** The subject of the alert about a plan at a location. */
export function soldOutSubject({ plan, location }: Pick<MachineSpec, 'plan' | 'location'>): string {
  return `${plan}:${location}`;
}
