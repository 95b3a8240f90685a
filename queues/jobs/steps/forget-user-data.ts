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
      if (error.fault === 'not-allowed') left = 1;
      if (left === 1) context.warn(warning(provider.name, id, error));
      await pauseAfter(error, left === 1, context);
    }
  }
  return null;
}

/** Whatever is called next comes after Retry-After, too. */
async function pauseAfter({ retryAfterMs }: ProviderError, isLast: boolean, { sleep }: JobContext): Promise<void> {
  const waitMs = retryAfterMs ?? (isLast ? 0 : pauseMs);
  if (waitMs > 0) await sleep(Math.min(waitMs, longestPauseMs));
}

function warning(provider: string, id: string, { message }: ProviderError): string {
  return `${provider} may still have the VPN keys in the user data of machine ${id}: ${message}`;
}
