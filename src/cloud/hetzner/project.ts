import { randomBytes } from 'node:crypto';
import { ProviderError } from '#queues/ports/provider.ts';
import type { CloudHttp } from '#src/cloud/http-client.ts';
import { everyNumberedPage } from '#src/cloud/numbered-pages.ts';
import { firewallAnswer, firewallsPage } from './answers.ts';

/** The name of the firewall that marks a project, and of the label in which it holds the project's identity. */
const markName = 'ghostifi-account';

/**
 * The identity of the key's project. No API call returns it. A digest of the key would change with the key, and every
 * machine would seem to belong to another account. So the first call creates an unused firewall, free of charge, with a
 * random label that every key of the project can read. If the firewall is deleted, an operator can create it again with
 * the same name and label; the alert about the account shows the label.
 */
export async function projectIdentity(http: CloudHttp, signal: AbortSignal): Promise<string> {
  return (await readMark(http, signal)) ?? (await createMark(http, signal));
}

async function readMark(http: CloudHttp, signal: AbortSignal): Promise<string | null> {
  const listing = { path: '/firewalls', filter: { name: markName }, page: firewallsPage, perPage: 50 };
  const [firewall] = await everyNumberedPage(http, listing, signal);
  return firewall === undefined ? null : identityIn(firewall);
}

/** Names are unique: if two processes do this at once, one gets `name-taken` and reads the firewall of the other. */
async function createMark(http: CloudHttp, signal: AbortSignal): Promise<string> {
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
    `Firewall ${id} is called ${markName} but has no label ${markName}: add the label again, or delete the firewall.`,
  );
}
