import { eq } from '#db/orm.ts';
import type { Context, Steps } from '#db/steps.ts';
import { mostShown, type Named, newest, ofJob, ofServer, shown } from './named-events.ts';
import { ofAddress, ofMachine } from './named-machines.ts';

/** Something that a person knows a server, a machine or a job by. */
export interface Handle {
  /** machine: the provider's id, the id of its row, or its name. address: IPv6 in the short form of RFC 5952. */
  readonly kind: 'server' | 'machine' | 'hostname' | 'address' | 'job' | 'subscription';
  readonly value: string;
}

/** null: nothing is recorded about it. */
export function* readNamed(context: Context, { kind, value }: Handle): Steps<Named | null> {
  const named = yield* finders[kind](context, value);
  return named.events.length > 0 ? named : null;
}

const finders: Readonly<Record<Handle['kind'], (context: Context, value: string) => Steps<Named>>> = {
  server: ofServer,
  machine: ofMachine,
  // A hostname is the server's id under the domain.
  hostname: (context, hostname) => ofServer(context, hostname.split('.')[0] ?? ''),
  address: ofAddress,
  job: ofJob,
  subscription: ofSubscription,
};

/** A subscription pays for few servers in its life: another one after it was over and was paid again. */
const mostServers = 5;

function* ofSubscription(context: Context, id: string): Steps<Named> {
  const own = shown(yield* newest(context, eq(context.t.events.subscriptionId, id), mostShown + 1));
  const ids = new Set(own.events.map(({ serverId }) => serverId).filter((serverId) => serverId !== null));
  const servers: Named[] = [];
  for (const serverId of [...ids].slice(0, mostServers)) servers.push(yield* ofServer(context, serverId));
  const events = new Map([own, ...servers].flatMap((named) => named.events.map((event) => [event.uid, event])));
  const [serverId = null, ...others] = ids;
  return {
    events: [...events.values()],
    serverId: others.length === 0 ? serverId : null,
    machine: null,
    isCut: [own, ...servers].some(({ isCut }) => isCut),
  };
}
