import type { JobContext } from '#queues/ports/job-context.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';
import type { Asking } from '#queues/ports/vpn.ts';

/** The VPN has just answered over IPv4, so it needs no time to start. This is the time of three packets. */
const answerMs = 3_000;

/**
 * The machine's IPv6 address, if its VPN answers there as well; null: it has none, it does not answer, or this host has
 * no IPv6. Nobody may publish an address that has not answered: a client that takes it never tries the other one.
 */
export async function answeringIpv6(context: JobContext, { id, ipv6 }: CloudMachine): Promise<string | null> {
  const { vpn, signal } = context;
  if (!vpn || ipv6 === null) return null;
  context.report(`Asking machine ${id} over IPv6`, 93);
  const stop = new AbortController();
  const ending = AbortSignal.any([signal, stop.signal]);
  const late = context.sleep(answerMs, ending).then(() => false);
  late.catch(() => undefined);
  try {
    return (await Promise.race([isAnswered(vpn.ask(ipv6, ending)), late])) ? ipv6 : null;
  } finally {
    stop.abort(new Error('The machine is not asked any more.'));
  }
}

/** false at once if this host cannot send there. */
async function isAnswered({ answered, firstLeft }: Asking): Promise<boolean> {
  const proven = answered.then(() => true);
  proven.catch(() => undefined);
  return (await firstLeft) && proven;
}
