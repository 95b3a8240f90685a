import { type Catalogue, type Provider, ProviderError } from '#queues/ports/provider.ts';
import type { RefusedOperation } from './refused-operations.ts';
import { refusalKeptMs } from './stock.ts';

/** Chooses the image of new machines: the first of the provider's `images` that it has. */
export interface ImageChoice {
  /** Takes the images that the provider lists. undefined: unknown, so that only its answers to orders count. */
  restock(listed: Catalogue['images']): void;
  /**
   * Calls `order` with the image. Rejects with `no-image` and without an order if the provider lists none of the
   * images. If it refuses the image, rejects with `busy` if the next order will be for another one.
   */
  order<T>(order: (image: string) => Promise<T>): Promise<T>;
  /** The lack of an image, while there is one; at most one entry. */
  refusals(): readonly RefusedOperation[];
}

export const imageSubject = 'image';

/** A refused image is not chosen for so long, while there is another one that was not refused. */
const avoidedMs = 60 * 60_000;
const effect =
  'No machine is ordered, and no paid purchase fails. Set MACHINE_IMAGE to an image that it has, or unset it; orders continue by themselves once there is one.';

/** `clock` is monotonic, in ms. */
export function createImageChoice(
  { name, images }: Pick<Provider, 'name' | 'images'>,
  clock: () => number,
): ImageChoice {
  let listed: Catalogue['images'];
  const refused = createRefusedImages(clock);
  const available = () => images.filter((image) => listed?.includes(image) ?? true);
  const lack = () => {
    const found = available();
    if (found.length === 0) return `${name} has none of the images ${images.join(', ')}.`;
    return refused.first(found) === null ? refused.lately() : null;
  };
  const refuse = (image: string, error: ProviderError): ProviderError => {
    refused.add(image, error.message);
    const next = refused.first(available());
    if (next === null) return error;
    const { madeNothing } = error;
    return new ProviderError('busy', `${error.message} The next order is for the image ${next}.`, { madeNothing });
  };
  return {
    restock: (images) => {
      listed = images;
    },
    order: async (order) => {
      const image = refused.first(available()) ?? refused.oldest(available());
      if (image === null) throw new ProviderError('no-image', lack() ?? '', { madeNothing: true });
      try {
        const made = await order(image);
        refused.remove(image);
        return made;
      } catch (error) {
        throw error instanceof ProviderError && error.fault === 'no-image' ? refuse(image, error) : error;
      }
    },
    refusals: () => {
      const why = lack();
      return why === null ? [] : [{ subject: imageSubject, message: `has no image: ${why} ${effect}`, lasting: true }];
    },
  };
}

/** The images that orders were refused for. */
function createRefusedImages(clock: () => number) {
  const refused = new Map<string, { readonly at: number; readonly message: string }>();
  const ageOf = (image: string) => clock() - (refused.get(image)?.at ?? Number.NEGATIVE_INFINITY);
  return {
    add: (image: string, message: string) => {
      refused.delete(image);
      refused.set(image, { at: clock(), message });
    },
    remove: (image: string) => void refused.delete(image),
    /** The first of them that was not refused within the last hour; null: none. */
    first: (images: readonly string[]) => images.find((image) => ageOf(image) >= avoidedMs) ?? null,
    /** The one of them whose last refusal is the oldest. */
    oldest: (images: readonly string[]) => images.toSorted((one, other) => ageOf(other) - ageOf(one))[0] ?? null,
    /** The message of the last refusal, if jobs still ask; null: they do not. */
    lately: () => {
      const last = [...refused.values()].at(-1);
      return last !== undefined && clock() - last.at < refusalKeptMs ? last.message : null;
    },
  };
}
