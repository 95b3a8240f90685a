import type { RecordChange, SimulatedMachine } from './simulated-cloud.ts';

/**
 * A sentence for each name that was without a machine behind it for any moment, from the first time that it pointed
 * somewhere until its server's destroy was asked for (by `leaving`, in ms of the epoch by the server's id). IPv4 alone.
 */
export function dangling(
  changes: readonly RecordChange[],
  machines: readonly SimulatedMachine[],
  destroyRequests: ReadonlyMap<string | null, number>,
): string[] {
  const ofNames = Map.groupBy(
    changes.filter(({ type }) => type === 'A'),
    ({ name }) => name,
  );
  return [...ofNames].flatMap(([name, ofName]) => {
    const serverId = name.split('.')[0] ?? '';
    const own = machines.filter(({ label }) => label.startsWith(`gf-${serverId}-`));
    return spansOf(ofName, destroyRequests.get(serverId)).flatMap((span) => problemsOf(name, span, own));
  });
}

/** What a name pointed at from one change to the next. */
interface Span {
  readonly from: number;
  readonly until: number;
  readonly addresses: readonly string[];
}

function spansOf(changes: readonly RecordChange[], end = Number.POSITIVE_INFINITY): Span[] {
  const addresses = new Set<string>();
  return changes
    .filter(({ at }) => at < end)
    .map(({ at, before, after }, index, judged) => {
      if (before !== null) addresses.delete(before);
      if (after !== null) addresses.add(after);
      return { from: at, until: judged[index + 1]?.at ?? end, addresses: [...addresses] };
    });
}

function problemsOf(name: string, { from, until, addresses }: Span, machines: readonly SimulatedMachine[]): string[] {
  if (addresses.length === 0) return [`${name} pointed nowhere for ${until - from} ms.`];
  return addresses
    .filter((address) => !machines.some((machine) => machine.ipv4 === address && isUpAll(machine, from, until)))
    .map((address) => `${name} pointed at ${address} while its machine did not run.`);
}

function isUpAll({ readyAt, removedAt }: SimulatedMachine, from: number, until: number): boolean {
  const [up, gone] = [readyAt === null ? Number.POSITIVE_INFINITY : Date.parse(readyAt), removedAt];
  return up <= from && (gone === null || Date.parse(gone) >= until);
}
