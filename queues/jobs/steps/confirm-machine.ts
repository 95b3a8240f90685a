import type { JobContext } from '#queues/ports/job-context.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';
import { selectOwn } from './find-machines.ts';
import { forgetUserData } from './forget-user-data.ts';

export type ReadyMachine = CloudMachine & { readonly ipv4: string };

/** Whether the machine runs and has an address, which is all that the provider has to do. */
export function isUp(machine: CloudMachine): machine is ReadyMachine {
  return machine.state === 'running' && machine.ipv4 !== null;
}

/**
 * For a machine that has answered: has the provider delete the keys that it was started with, and confirms that it is
 * ours, runs, and has the address that was asked. The provider's answer to the deletion is the confirmation if it shows
 * the machine. null: not confirmed yet. A second call deletes nothing again.
 */
export function createConfirmation(context: JobContext): (asked: CloudMachine) => Promise<ReadyMachine | null> {
  let isForgotten = false;
  return async (asked) => {
    const confirmed = (machine: CloudMachine | null): ReadyMachine | null => {
      const [own] = selectOwn(machine ? [machine] : [], asked.name, context.owner);
      return own && isUp(own) && own.ipv4 === asked.ipv4 ? own : null;
    };
    const read = async () => confirmed(await context.provider.get(asked.id, context.signal));
    const running = isUp(asked) ? null : await read();
    // The user data of a machine that does not run yet may still be needed.
    if (!isUp(asked) && !running) return null;
    if (isForgotten) return running ?? read();
    const shown = await forgetUserData(context, asked);
    isForgotten = true;
    return (shown && confirmed(shown)) ?? running ?? read();
  };
}
