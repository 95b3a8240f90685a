import type { Provider } from '#queues/ports/provider.ts';
import { abortable } from './abortable.ts';

/** The key's account, at most ten seconds old. Rejects with the call's error, or with the signal's reason. */
export type RecentAccount = (signal: AbortSignal) => Promise<string>;

const keptMs = 10_000;
/** The call serves all runs that ask, so no run aborts it; it has its own deadline. */
const never = new AbortController().signal;

/**
 * Asks for the account at most once in ten seconds for all runs of a process. A key of another account needs a restart,
 * and the first order after that asks. `clock` is monotonic, in ms.
 */
export function createRecentAccount(
  provider: Pick<Provider, 'account'>,
  clock: () => number = () => performance.now(),
): RecentAccount {
  let recent: { readonly account: Promise<string>; readonly askedAt: number } | null = null;
  const ask = () => {
    const asked = { account: provider.account(never), askedAt: clock() };
    asked.account.catch(() => {
      if (recent === asked) recent = null;
    });
    return asked;
  };
  return (signal) => {
    if (recent === null || clock() - recent.askedAt >= keptMs) recent = ask();
    return abortable(recent.account, signal);
  };
}
