import { jobTraits } from '#db/job-traits.ts';
import type { WorkJob } from '#db/reads/work.ts';
import { orderingSetting, ordersHeldSetting } from '#db/settings.ts';
import type { Store } from '#db/store.ts';
import { createDeadlineMs } from '#queues/limits.ts';
import type { Gates } from './pauses.ts';

/**
 * Whether the hour is over in which a create or rebuild must succeed. It begins at the job's release, and again when
 * orders no longer wait for a person: a refused key, a missing image, or machines that never answer fail no paid
 * purchase.
 */
export async function isOverdue(store: Pick<Store, 'readSetting'>, job: WorkJob, now: Date): Promise<boolean> {
  const isPast = (since: Date) => now.getTime() - since.getTime() > createDeadlineMs;
  if (!jobTraits[job.kind].hasLastAttempt || !isPast(job.releasedAt ?? now)) return false;
  const begun = [await store.readSetting(ordersHeldSetting), await store.readSetting(orderingSetting)];
  return begun.every((setting) => setting === null || isPast(setting.updatedAt));
}

/** Records that orders wait for a person, if they do. */
export type HoldRecorder = () => Promise<void>;

/** Small beside the hour that it moves, and large beside the time between two calls. */
const recordEveryMs = 30_000;

export function createHoldRecorder({
  store,
  now,
  ...gates
}: Gates & { readonly store: Pick<Store, 'putSetting'>; readonly now: () => Date }): HoldRecorder {
  let recordedAt = Number.NEGATIVE_INFINITY;
  return async () => {
    const at = now();
    if (!areOrdersHeld(gates) || at.getTime() - recordedAt < recordEveryMs) return;
    await store.putSetting(ordersHeldSetting, true, at);
    recordedAt = at.getTime();
  };
}

/** A 429 does not count: it ends by itself. */
function areOrdersHeld({ providerGate, dnsGate }: Gates): boolean {
  if (providerGate.shelf.refusals().length > 0) return true;
  return [providerGate, dnsGate].some((gate) => gate?.fault() === 'not-allowed' && gate.waitMs() > 0);
}
