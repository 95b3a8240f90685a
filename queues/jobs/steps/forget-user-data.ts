import type { JobContext } from '#queues/ports/job-context.ts';
import { type CloudMachine, ProviderError } from '#queues/ports/provider.ts';

const tries = 3;
const pauseMs = 5_000;
const longestPauseMs = 30_000;

/**
 * Deletes the machine's user data, which holds the server's keys, at the provider. A provider that fails three times
 * does not fail the job: the operators get a warning instead. Returns the machine if the provider's answer shows it.
 */
export async function forgetUserData(context: JobContext, { id }: CloudMachine): Promise<CloudMachine | null> {
  const { provider, signal } = context;
  for (let left = tries; left > 0; left--) {
    await context.checkpoint();
    context.report(`Deleting the user data of machine ${id}, which holds keys, at ${provider.name}`, 91);
    try {
      return await provider.forgetUserData(id, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ProviderError)) throw error;
      if (left > 1 && error.fault !== 'not-allowed') {
        await context.sleep(Math.min(error.retryAfterMs ?? pauseMs, longestPauseMs));
        continue;
      }
      context.warn(`${provider.name} may still have the VPN keys in the user data of machine ${id}: ${error.message}`);
      return null;
    }
  }
  return null;
}
