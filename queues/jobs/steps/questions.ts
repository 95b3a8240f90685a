import type { JobContext } from '#queues/ports/job-context.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';
import type { Asking } from '#queues/ports/vpn.ts';

/** Asks the job's machine whether its VPN answers, at the address that the provider showed last. */
export interface Questions {
  /** null: the machine has no address yet, or the server has no VPN. Continues with an address that is asked already. */
  about(machine: Pick<CloudMachine, 'ipv4'>): Asking | null;
  stop(): void;
}

const notAsked = new Error('The machine is not asked any more.');

/** To be stopped in every case. */
export function createQuestions({ vpn, signal }: Pick<JobContext, 'vpn' | 'signal'>): Questions {
  let current: { readonly ipv4: string; readonly asking: Asking; readonly stop: AbortController } | null = null;
  return {
    about: ({ ipv4 }) => {
      if (!vpn || ipv4 === null) return null;
      if (current?.ipv4 === ipv4) return current.asking;
      current?.stop.abort(notAsked);
      const stop = new AbortController();
      const asking = vpn.ask(ipv4, AbortSignal.any([signal, stop.signal]));
      // Nobody may be waiting for the answer when the questions stop.
      asking.answered.catch(() => undefined);
      current = { ipv4, asking, stop };
      return asking;
    },
    stop: () => current?.stop.abort(notAsked),
  };
}
