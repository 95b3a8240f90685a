import { queueSetting, type SwitchedBy, saleSetting } from '#db/settings.ts';
import type { Context, Steps } from '#db/steps.ts';
import { readStored, type StoredSetting } from './settings.ts';

/** The last change of a switch. */
export interface Change {
  /** The name of the token; null: never changed, or unknown. */
  readonly by: string | null;
  readonly reason: string | null;
  /** null: never changed. */
  readonly at: Date | null;
}

/** Everything that an operator can switch, as the database has it. */
export interface Switches {
  /** Closed also if the stored setting has another type: purchases are refused then. */
  readonly sale: Change & { readonly open: boolean };
  /** null: nobody has paused or resumed the queue through this service. Only Redis knows whether it is paused. */
  readonly queue: (Change & { readonly paused: boolean }) | null;
}

export function* readSwitches(context: Context): Steps<Switches> {
  const sale = yield* readStored(context, saleSetting);
  const queue = yield* readStored(context, queueSetting);
  const open = sale === null || sale.value?.open === true;
  return {
    sale: { open, ...changeOf(sale) },
    queue: queue?.value ? { paused: queue.value.paused, ...changeOf(queue) } : null,
  };
}

function changeOf(stored: StoredSetting<SwitchedBy | null> | null): Change {
  const { by, reason } = stored?.value ?? {};
  return { by: textOf(by), reason: textOf(reason), at: stored?.updatedAt ?? null };
}

/** A person may have stored another type. */
function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
