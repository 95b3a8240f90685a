import { ProviderError } from '#queues/ports/provider.ts';
import type { CloudHttp } from '#src/cloud/http-client.ts';
import { everyNumberedPage } from '#src/cloud/numbered-pages.ts';
import type { SystemImages } from '#src/cloud/system-images.ts';
import { imagesPage } from './answers.ts';

/** Slugs in GET /images?type=distribution, the same in every region. DigitalOcean took debian-12-x64 away in June 2026. */
export const systemImages: SystemImages = {
  debian13: 'debian-13-x64',
  debian12: 'debian-12-x64',
  ubuntu2404: 'ubuntu-24-04-x64',
};

/**
 * The slugs and ids of all images, the account's own included. undefined: the token lacks the scope `image`. Machines
 * can be ordered without it.
 */
export async function listImages(
  http: CloudHttp,
  perPage: number,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const listing = { path: '/images', filter: {}, page: imagesPage, perPage };
  try {
    const images = await everyNumberedPage(http, listing, signal);
    return images.flatMap(({ id, slug }) => (slug ? [slug, id] : [id]));
  } catch (error) {
    if (error instanceof ProviderError && error.fault === 'not-allowed') return undefined;
    throw error;
  }
}
