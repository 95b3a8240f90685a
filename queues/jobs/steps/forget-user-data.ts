import type { JobContext } from '#queues/ports/job-context.ts';
import { type CloudMachine, ProviderError } from '#queues/ports/provider.ts';

const tries = 3;
const pauseMs = 5_000;
const longestPauseMs = 30_000;

/**
 * Has the provider forget the user data, which holds the server's keys, of a machine that has read it. A provider that
 * does not do so costs no customer the server: after three tries it is told to the operators instead.
 */
export async function forgetUserData(context: JobContext, { id }: CloudMachine): Promise<void> {
  const { provider, signal } = context;
  for (let left = tries; left > 0; left--) {
    await context.checkpoint();
    context.report(`Having ${provider.name} forget the keys that machine ${id} was started with`, 91);
    const error = await provider.forgetUserData(id, signal).catch((thrown: unknown) => thrown);
    if (error === undefined) return;
    signal.throwIfAborted();
    if (!(error instanceof ProviderError)) throw error;
    if (left > 1 && error.fault !== 'not-allowed') {
      await context.sleep(Math.min(error.retryAfterMs ?? pauseMs, longestPauseMs));
      continue;
    }
    return context.warn(
      `${provider.name} may still have the VPN keys in the user data of machine ${id}: ${error.message}`,
    );
  }
}
