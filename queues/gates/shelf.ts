import { type Catalogue, type MachineSpec, type Provider, ProviderError } from '#queues/ports/provider.ts';
import { createImageChoice, imageSubject } from './image-choice.ts';
import type { RefusedOperation } from './refused-operations.ts';
import { createStock } from './stock.ts';

/** What the provider does not have, by its catalogue and by its answers to orders: images, plans and locations. */
export interface Shelf {
  /** Takes the catalogue that was read last. */
  restock(catalogue: Catalogue): void;
  /**
   * Calls `order` with the image for the machine. Rejects without an order, with `no-image` or `not-offered`, if the
   * catalogue lacks the image, the plan or the location. Without a catalogue the provider's answer decides.
   */
  order<T>(spec: MachineSpec, order: (image: string) => Promise<T>): Promise<T>;
  refusals(): readonly RefusedOperation[];
  /** false for a subject of others, such as the inventory's. */
  isOver(subject: string): boolean;
}

const effect =
  'Paid orders for it wait, and none fails. A rebuild of such a server needs another plan or location. If the provider does not sell it again: destroy the server, and sell another one or refund.';

/** `clock` is monotonic, in ms. */
export function createShelf(provider: Pick<Provider, 'name' | 'images'>, clock: () => number): Shelf {
  const images = createImageChoice(provider, clock);
  const unsold = createStock({ fault: 'not-offered', effect, clock });
  let catalogue: Catalogue | null = null;
  const refusals = () => [...images.refusals(), ...unsold.refusals()];
  const sell = async <T>(spec: MachineSpec, order: (image: string) => Promise<T>): Promise<T> => {
    const lack = catalogue && lackIn(catalogue, spec);
    if (lack !== null) throw new ProviderError('not-offered', `${provider.name} ${lack}.`, { madeNothing: true });
    return images.order(order);
  };
  return {
    restock: (read) => {
      catalogue = read;
      images.restock(read.images);
    },
    order: (spec, order) => unsold.observe(spec, sell(spec, order)),
    refusals,
    isOver: (subject) => isShelfSubject(subject) && refusals().every((refusal) => refusal.subject !== subject),
  };
}

/** Whether an alert `configuration` is about the provider's offer, and not about the key, CLOUD or the listing. */
export function isShelfSubject(subject: string): boolean {
  return subject === imageSubject || subject.includes(':');
}

/**
 * Why the provider cannot have the plan at the location, to continue a sentence that begins with its name; null: it
 * sells it, although it may be sold out.
 */
export function lackIn(
  { locations, plans }: Catalogue,
  { plan, location }: Pick<MachineSpec, 'plan' | 'location'>,
): string | null {
  if (locations.every(({ id }) => id !== location)) return `does not sell in ${location}`;
  const offered = plans.find(({ id }) => id === plan);
  if (!offered || offered.soldIn?.length === 0) return `does not sell the plan ${plan}`;
  return offered.soldIn && !offered.soldIn.includes(location) ? `does not sell the plan ${plan} in ${location}` : null;
}
