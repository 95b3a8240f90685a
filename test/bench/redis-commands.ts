import { Redis } from 'ioredis';

/** Counts the commands that clients send to Redis, without those inside scripts. */
export interface CommandCount {
  /** The commands since the last call, by name in lower case. */
  take(): Promise<Map<string, number>>;
  close(): void;
}

const marker = 'bench-marker';

export async function countCommands(url: string): Promise<CommandCount> {
  const asking = new Redis(url);
  const monitor = await asking.monitor();
  let [names, number] = [[] as string[], 0];
  let marked = Promise.withResolvers<void>();
  monitor.on('monitor', (_time: string, [name = '', argument = '']: string[], source: string) => {
    if (argument.startsWith(marker)) marked.resolve();
    else if (source !== 'lua') names.push(name.toLowerCase());
  });
  return {
    take: async () => {
      // A monitor lags behind; it has seen everything once it sees this command.
      marked = Promise.withResolvers();
      number += 1;
      await asking.echo(`${marker}-${number}`);
      await marked.promise;
      const taken = Map.groupBy(names, (name) => name);
      names = [];
      return new Map([...taken].map(([name, all]) => [name, all.length]));
    },
    close: () => {
      asking.disconnect();
      monitor.disconnect();
    },
  };
}

export function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
