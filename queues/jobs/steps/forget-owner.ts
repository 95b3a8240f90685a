import type { JobContext } from '#queues/ports/job-context.ts';
import { ProviderError } from '#queues/ports/provider.ts';

/**
 * Deletes the tag of a server that has no machine any more, where tags outlive machines. A tag that stays costs nothing,
 * so a provider that fails does not fail the job: the operators get a warning instead.
 */
export async function forgetOwner(context: JobContext): Promise<void> {
  const { provider, owner, signal } = context;
  if (provider.forgetOwner === null) return;
  await context.checkpoint();
  context.report(`Deleting the tag of the server at ${provider.name}`, 95);
  try {
    await provider.forgetOwner(owner, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ProviderError) || error.fault === 'rate-limited') throw error;
    context.warn(`${provider.name} may still have the tag of server ${owner.serverId}: ${error.message}`);
  }
}
