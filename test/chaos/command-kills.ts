import type { ManagedProcess } from './managed-process.ts';
import type { Forwarding, RedisCommand } from './redis-proxy.ts';

/** A SIGKILL for the first process of a group that sends Redis a matching command. */
export interface CommandKill {
  readonly group: 'api' | 'workers';
  readonly matches: (command: RedisCommand) => boolean;
  /** Whether Redis still receives the command. */
  readonly reachesRedis: boolean;
  readonly withinMs?: number;
}

export interface KilledProcess {
  readonly process: ManagedProcess;
  /** By `Date.now()`. */
  readonly at: number;
}

export interface SentCommand {
  readonly sender: ManagedProcess;
  readonly group: CommandKill['group'];
  readonly command: RedisCommand;
}

/** The kills that wait for their command. Each kills one process. */
export interface CommandKills {
  /** Resolves once the process is killed; rejects after `withinMs` (60 s). */
  arm(kill: CommandKill): Promise<KilledProcess>;
  /** Called with every command before Redis receives it. */
  onCommand(sent: SentCommand): Forwarding;
  clear(): void;
}

interface ArmedKill extends CommandKill {
  readonly onKilled: (killed: KilledProcess) => void;
}

const killWithinMs = 60_000;
/** Gives a command the time to leave the proxy for Redis before its sender dies. */
const forwardMs = 5;

export function createCommandKills(): CommandKills {
  const armed = new Set<ArmedKill>();
  return {
    arm: (kill) => {
      const { promise, resolve, reject } = Promise.withResolvers<KilledProcess>();
      const armedKill = { ...kill, onKilled: resolve };
      armed.add(armedKill);
      const withinMs = kill.withinMs ?? killWithinMs;
      const timeout = setTimeout(() => {
        armed.delete(armedKill);
        reject(new Error(`No process of group "${kill.group}" sent the awaited command within ${withinMs / 1000} s.`));
      }, withinMs);
      return promise.finally(() => clearTimeout(timeout));
    },
    onCommand: ({ sender, group, command }) => {
      const kill = [...armed].find((one) => one.group === group && one.matches(command));
      if (!kill) return 'forward';
      armed.delete(kill);
      killSender(sender, kill);
      return kill.reachesRedis ? 'forward' : 'drop';
    },
    clear: () => armed.clear(),
  };
}

function killSender(sender: ManagedProcess, { reachesRedis, onKilled }: ArmedKill): void {
  const kill = () => {
    if (sender.isRunning) sender.signal('SIGKILL');
    onKilled({ process: sender, at: Date.now() });
  };
  if (reachesRedis) setTimeout(kill, forwardMs);
  else kill();
}
