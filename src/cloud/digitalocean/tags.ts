import { z } from 'zod';
import type { Owner } from '#queues/ports/provider.ts';
import type { CloudHttp } from '#src/cloud/http-client.ts';
import { nullIfNotFound } from '#src/cloud/one-machine.ts';
import { readOwner, serverTag } from '#src/cloud/owner-tags.ts';
import { isNotFound } from './errors.ts';

const tagAnswer = z.object({ tag: z.object({ resources: z.object({ count: z.int() }) }) });

/**
 * DigitalOcean compares tags without case, and shows a tag as it was first written in the team. Our own tags are in lower
 * case.
 */
export function readOwnerInAnyCase(tags: readonly string[]): Owner | null {
  return readOwner(tags.map((tag) => tag.toLowerCase()));
}

/**
 * Deletes the server's own tag, which outlives its droplets. A tag that something still has stays: without it, nobody
 * would know whose droplet that is.
 */
export async function deleteServerTag(http: CloudHttp, owner: Owner, signal: AbortSignal): Promise<void> {
  const path = `/tags/${encodeURIComponent(serverTag(owner))}`;
  const read = await nullIfNotFound(http({ method: 'GET', path, answer: tagAnswer, signal }), isNotFound);
  if (read === null || read.tag.resources.count > 0) return;
  await nullIfNotFound(http({ method: 'DELETE', path, answer: z.unknown(), signal }), isNotFound);
}
