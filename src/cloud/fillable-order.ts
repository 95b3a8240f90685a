import type { Plan } from '#queues/ports/provider.ts';

/** An order that a cloud can fill. */
export interface FillableOrder {
  readonly location: string;
  readonly plan: string;
  /** As the provider bills it. */
  readonly monthlyCost: number;
  /** ISO 4217 code. */
  readonly currency: string;
}

/** A VPN server needs this much. */
const leastMemoryMb = 1024;

/** The cheapest plan that suffices, at the first location that has it in stock; null: there is none. */
export function fillableOrder(
  plans: readonly Pick<Plan, 'id' | 'memoryMb' | 'monthlyCost' | 'currency' | 'locations'>[],
): FillableOrder | null {
  const suitable = plans.filter(({ memoryMb, locations }) => memoryMb >= leastMemoryMb && locations.length > 0);
  const [cheapest] = suitable.toSorted((one, other) => one.monthlyCost - other.monthlyCost);
  const [location] = cheapest?.locations ?? [];
  if (!cheapest || location === undefined) return null;
  const { id: plan, monthlyCost, currency } = cheapest;
  return { location, plan, monthlyCost, currency };
}
