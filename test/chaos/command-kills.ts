import type { Part } from './managed-process.ts';
import type { Verdict, Words } from './redis-proxy.ts';

export interface TrapOptions {
  readonly among: 'api' | 'workers';
  readonly fits: (words: Words) => boolean;
  /** Whether Redis still gets the command. */
  readonly reachesRedis: boolean;
  readonly withinMs?: number;
}

export interface Trapped {
  readonly part: Part;
  /** By `Date.now()`. */
  readonly at: number;
}

/** Kills the process that sends Redis a certain command. Each trap is sprung once. */
export interface Traps {
  /** Resolves once it is sprung; rejects after `withinMs` (60 s). */
  set(options: TrapOptions): Promise<Trapped>;
  /** Asked of every command that a part sends. */
  look(part: Part, among: TrapOptions['among'], words: Words): Verdict;
  clear(): void;
}

interface SetTrap extends TrapOptions {
  readonly sprung: (trapped: Trapped) => void;
}

const trapWithinMs = 60_000;
/** A command that reaches Redis has to be on its way before the process is gone. */
const onItsWayMs = 5;

export function createTraps(): Traps {
  const traps = new Set<SetTrap>();
  return {
    set: (options) => {
      const { promise, resolve, reject } = Promise.withResolvers<Trapped>();
      const trap = { ...options, sprung: resolve };
      traps.add(trap);
      const withinMs = options.withinMs ?? trapWithinMs;
      const late = setTimeout(() => {
        traps.delete(trap);
        reject(new Error(`The trap for the ${options.among} was not sprung within ${withinMs / 1000} s.`));
      }, withinMs);
      return promise.finally(() => clearTimeout(late));
    },
    look: (part, among, words) => {
      const trap = [...traps].find((set) => set.among === among && set.fits(words));
      if (!trap) return 'pass';
      traps.delete(trap);
      spring(part, trap);
      return trap.reachesRedis ? 'pass' : 'keep';
    },
    clear: () => traps.clear(),
  };
}

function spring(part: Part, { reachesRedis, sprung }: SetTrap): void {
  const kill = () => {
    if (part.isRunning) part.signal('SIGKILL');
    sprung({ part, at: Date.now() });
  };
  if (reachesRedis) setTimeout(kill, onItsWayMs);
  else kill();
}
