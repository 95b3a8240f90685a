import { type MachineSpec, ProviderError, type ProviderFault } from '#queues/ports/provider.ts';
import type { RefusedOperation } from './refused-operations.ts';

/** The plans that cannot be had at a location, by the answers to orders. Other jobs need not wait for them. */
export interface Stock {
  /** Records the result of an order, and settles as the call itself does. */
  observe<T>(spec: Pick<MachineSpec, 'plan' | 'location'>, order: Promise<T>): Promise<T>;
  refusals(): readonly RefusedOperation[];
  /** true, unless this process was told so within the last minutes. A process that was told holds its alert. */
  isOver(subject: string): boolean;
}

export interface StockOptions {
  /** The answer to an order that counts. */
  readonly fault: ProviderFault;
  /** The effect on jobs, as sentences. */
  readonly effect: string;
  /** Monotonic, in ms. */
  readonly clock: () => number;
}

/** Longer than the pause of the jobs that wait, each of which asks again. */
export const refusalKeptMs = 3 * 60_000;

export function createStock({ fault, effect, clock }: StockOptions): Stock {
  const refused = new Map<string, { readonly until: number; readonly refusal: RefusedOperation }>();
  const refusals = () => {
    for (const [subject, { until }] of refused) if (until <= clock()) refused.delete(subject);
    return [...refused.values()].map(({ refusal }) => refusal);
  };
  return {
    observe: async ({ plan, location }, order) => {
      const subject = stockSubject({ plan, location });
      try {
        const made = await order;
        refused.delete(subject);
        return made;
      } catch (error) {
        if (error instanceof ProviderError && error.fault === fault) {
          const message = `has no ${plan} in ${location}: ${error.message} ${effect}`;
          const refusal = { subject, message, lasting: true, detail: { plan, location } };
          refused.set(subject, { until: clock() + refusalKeptMs, refusal });
        }
        throw error;
      }
    },
    refusals,
    isOver: (subject) => refusals().every((refusal) => refusal.subject !== subject),
  };
}

/** The subject of the alert about a plan at a location. */
export function stockSubject({ plan, location }: Pick<MachineSpec, 'plan' | 'location'>): string {
  return `${plan}:${location}`;
}
