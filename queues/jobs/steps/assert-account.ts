import { jobTraits } from '#db/job-traits.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import { ProviderError } from '#queues/ports/provider.ts';

/**
 * Throws `not-allowed` if the configured key cannot reach a machine that the job is about, because it is at another
 * provider or in another account. Not finding it there would not prove that it is gone.
 */
export async function assertReachable(context: JobContext): Promise<void> {
  const { job, machine, machines, provider, signal } = context;
  const concerned = jobTraits[job.kind].about === 'server' ? machines : machines.filter(({ id }) => id === machine?.id);
  const elsewhere = concerned.find((row) => row.provider !== provider.name);
  if (elsewhere)
    throw notAllowed(`Machine ${elsewhere.name} is at ${elsewhere.provider}, which this worker is not configured for.`);
  const confirmed = concerned.filter((row) => row.account !== null);
  if (confirmed.length === 0) return;
  const account = await provider.account(signal);
  const foreign = confirmed.find((row) => row.account !== account);
  if (foreign)
    throw notAllowed(
      `Machine ${foreign.name} is in account ${foreign.account} of ${provider.name}, and the configured key is of account ${account}.`,
    );
}

/**
 * Throws `not-allowed` if the installation's machines are in another account than the configured key's. A machine
 * ordered there would cost money, and workers with the right key could not see it.
 */
export async function assertOrderable({ accountInUse, provider, recentAccount }: JobContext): Promise<void> {
  if (accountInUse === null) return;
  const account = await recentAccount();
  if (account === accountInUse) return;
  throw notAllowed(
    `The machines are in account ${accountInUse} of ${provider.name}, and the configured key is of account ${account}: nothing is ordered there.`,
  );
}

function notAllowed(message: string): ProviderError {
  return new ProviderError('not-allowed', message);
}
