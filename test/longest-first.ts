import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The demo and the starts must be over in time, and browsers beside them can take the whole processor. */
const first = ['/test/src/demo/', '/test/src/start/'];
/** They need the processor for a minute or more. */
const busy = ['/test/browser/', '/test/queues/payments/lives', '/test/db/postgres/pooler'];
/** They wait for processes most of the time, some for minutes. */
const waiting = ['/test/flows/', '/test/vpn/'];
const waitingForEachBusy = 4;

/**
 * Starts the files that take longest first, so that short ones fill the end of the run. Those that need the processor
 * are spread among those that wait.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isOneOf =
      (parts: readonly string[]) =>
      ({ moduleId }: TestSpecification) =>
        parts.some((part) => moduleId.includes(part));
    const spread = spreadAmong(sorted.filter(isOneOf(waiting)), sorted.filter(isOneOf(busy)));
    return [
      ...sorted.filter(isOneOf(first)),
      ...spread,
      ...sorted.filter((file) => !isOneOf([...first, ...busy, ...waiting])(file)),
    ];
  }
}

/** A busy file, then some that wait, then the next busy one. */
function spreadAmong<T>(those: readonly T[], busyOnes: readonly T[]): T[] {
  const groups = busyOnes.map((one, at) => [
    one,
    ...those.slice(at * waitingForEachBusy, (at + 1) * waitingForEachBusy),
  ]);
  return [...groups.flat(), ...those.slice(busyOnes.length * waitingForEachBusy)];
}
