import type { Store } from '#db/store.ts';
import type { Machine, Server } from '#db/tables.ts';

/**
 * The server whose last machine an unknown one with its tag may be, as after a restore of an older database: it is not
 * destroyed, and has no machine of its own that `isListed`. null: no customer can be using the unknown one.
 */
export async function serverNeeding(
  store: Pick<Store, 'readServer'>,
  serverId: string,
  isListed: (machine: Machine) => boolean,
): Promise<Server | null> {
  const found = await store.readServer(serverId);
  if (!found || found.server.status === 'destroyed') return null;
  return found.machine && isListed(found.machine) ? null : found.server;
}

/** What to do instead of removing it. */
export function takeoverAdvice({ id, status }: Server): string {
  return `It belongs to server ${id}, which is ${status} and whose own machine is missing: rebuild the server, which takes the machine over if its number is the next.`;
}
