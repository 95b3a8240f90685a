import { randomBytes } from 'node:crypto';
import { ProviderError } from '#queues/ports/provider.ts';
import type { CloudHttp } from '#src/cloud/http-client.ts';
import { everyNumberedPage } from '#src/cloud/numbered-pages.ts';
import { firewallAnswer, firewallsPage } from './answers.ts';

/** The name of the firewall that marks a project, and of its label that holds the project's identity. */
const markName = 'ghostifi-account';

/**
 * The identity of the project behind the key. No call tells it, and a digest of the key would make every machine
 * another account's once the key is changed. So the first call marks the project with a firewall that is attached to
 * nothing, costs nothing and has a random label; all keys of the project read the same. Where somebody has deleted it,
 * a firewall made by hand with that name and label (the alert about the account says which) is as good.
 */
export async function projectIdentity(http: CloudHttp, signal: AbortSignal): Promise<string> {
  return (await readMark(http, signal)) ?? (await mark(http, signal));
}

async function readMark(http: CloudHttp, signal: AbortSignal): Promise<string | null> {
  const listing = { path: '/firewalls', filter: { name: markName }, page: firewallsPage, perPage: 50 };
  const [firewall] = await everyNumberedPage(http, listing, signal);
  return firewall === undefined ? null : identityIn(firewall);
}

/** Names are unique: of two processes that come at once, one is told so, and reads what the other has made. */
async function mark(http: CloudHttp, signal: AbortSignal): Promise<string> {
  const body = { name: markName, labels: { [markName]: randomBytes(8).toString('hex') } };
  try {
    const { firewall } = await http({ method: 'POST', path: '/firewalls', body, answer: firewallAnswer, signal });
    return identityIn(firewall);
  } catch (error) {
    const other = error instanceof ProviderError && error.fault === 'name-taken' ? await readMark(http, signal) : null;
    if (other === null) throw error;
    return other;
  }
}

function identityIn({ id, labels }: { id: string; labels: Readonly<Record<string, string>> }): string {
  const identity = labels[markName];
  if (identity) return identity;
  throw new ProviderError(
    'rejected',
    `Firewall ${id} is called ${markName} and has no label ${markName}: give it back, or delete it.`,
  );
}
