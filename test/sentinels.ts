import { Redis } from 'ioredis';
import { until } from './chaos/wait.ts';
import { type TestRedis, withRedis } from './redis.ts';
import { type RedisProcess, startRedisProcess } from './redis-process.ts';

export const masterName = 'shop';

const quorum = 2;
const downAfterMs = 2_000;
const failoverTimeoutMs = 5_000;
const serverSettings = ['--appendonly', 'yes', '--repl-diskless-sync-delay', '0'];

/**
 * Three Redis servers, one of them the primary, and three Sentinels that watch them. As a Redis it is the present
 * primary; a restart starts every dead server, as a replica.
 */
export class SentinelGroup implements TestRedis {
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
  readonly #servers: readonly RedisProcess[];
  readonly #sentinels: readonly RedisProcess[];
  readonly #watches: readonly Redis[];
  #primaryPort: number;

  private constructor(servers: readonly RedisProcess[], sentinels: readonly RedisProcess[]) {
    this.#servers = servers;
    this.#sentinels = sentinels;
    this.#primaryPort = servers[0]?.port ?? 0;
    this.addresses = sentinels.map(({ port }) => ({ host: '127.0.0.1', port }));
    this.#watches = sentinels.map(({ url }) =>
      watchSwitches(url, (port) => {
        this.#primaryPort = port;
      }),
    );
  }

  static async start(): Promise<SentinelGroup> {
    const primary = await startRedisProcess({ settings: serverSettings });
    const replica = () => startRedisProcess({ settings: [...serverSettings, ...replicaOf(primary.port)] });
    const replicas = await Promise.all([replica(), replica()]);
    const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(primary.port)));
    const group = new SentinelGroup([primary, ...replicas], sentinels);
    await group.untilWhole();
    return group;
  }

  /** The settings of a process that uses the group. */
  get env(): Record<string, string> {
    const addresses = this.addresses.map(({ host, port }) => `${host}:${port}`);
    return { REDIS_SENTINELS: addresses.join(','), REDIS_MASTER: masterName };
  }

  get url(): string {
    return this.#primary.url;
  }

  get port(): number {
    return this.#primaryPort;
  }

  get dataDir(): string {
    return this.#primary.folder;
  }

  get pid(): number {
    return this.#primary.pid;
  }

  get isRunning(): boolean {
    return this.#servers.every(({ isRunning }) => isRunning);
  }

  async flush(): Promise<void> {
    await withRedis(this, (redis) => redis.flushall());
  }

  pause(): void {
    this.#primary.signal('SIGSTOP');
  }

  resume(): void {
    for (const server of this.#servers) server.signal('SIGCONT');
  }

  kill9(): Promise<void> {
    return this.#primary.kill9();
  }

  async restart(): Promise<void> {
    const dead = this.#servers.filter(({ isRunning }) => !isRunning);
    if (dead.some(({ port }) => port === this.#primaryPort)) await this.untilPrimaryIsNot(this.#primaryPort);
    await Promise.all(dead.map((server) => server.restart([...serverSettings, ...replicaOf(this.#primaryPort)])));
  }

  async stop(): Promise<void> {
    for (const watch of this.#watches) watch.disconnect();
    await Promise.all([...this.#sentinels, ...this.#servers].map((process) => process.stop()));
  }

  /** The first Sentinel answers no more, and keeps its port open. */
  freezeSentinel(): void {
    this.#sentinels[0]?.signal('SIGSTOP');
  }

  /** Orders a failover, after which the old primary is a replica. */
  async failOver(): Promise<void> {
    await this.#ask('FAILOVER');
  }

  async untilPrimaryIsNot(port: number): Promise<void> {
    await until('another primary', async () => this.#primaryPort !== port);
  }

  /** Resolves once the primary has both replicas, and the Sentinels know them, so that it may fail. */
  async untilWhole(): Promise<void> {
    const replicas = this.#servers.length - 1;
    const online = async () => {
      const info = await withRedis(this, (redis) => redis.info('replication')).catch(() => '');
      return [...info.matchAll(/^slave\d+:.*state=online/gm)].length === replicas;
    };
    await until('the replicas at the primary', online);
    const isListed = async () => {
      const listed: unknown = await this.#ask('REPLICAS');
      return Array.isArray(listed) && listed.length === replicas && !JSON.stringify(listed).includes('_down');
    };
    await until('the replicas at the Sentinels', isListed);
    await until('a quorum of Sentinels', async () => String(await this.#ask('CKQUORUM')).startsWith('OK 3'));
  }

  /** null: the Sentinel refuses. */
  async #ask(what: string): Promise<unknown> {
    const [sentinel] = this.#sentinels;
    if (!sentinel) return null;
    return withRedis(sentinel, (redis) => redis.call('SENTINEL', what, masterName)).catch(() => null);
  }

  get #primary(): RedisProcess {
    const primary = this.#servers.find(({ port }) => port === this.#primaryPort);
    if (!primary) throw new Error(`The Sentinels name a primary on port ${this.#primaryPort}, which none of ours has.`);
    return primary;
  }
}

function replicaOf(port: number): string[] {
  return ['--replicaof', `127.0.0.1 ${port}`];
}

function startSentinel(primaryPort: number): Promise<RedisProcess> {
  return startRedisProcess({
    sentinel: [
      `sentinel monitor ${masterName} 127.0.0.1 ${primaryPort} ${quorum}`,
      `sentinel down-after-milliseconds ${masterName} ${downAfterMs}`,
      `sentinel failover-timeout ${masterName} ${failoverTimeoutMs}`,
    ],
  });
}

/** Calls back with the port of each new primary that this Sentinel announces. */
function watchSwitches(url: string, onSwitch: (port: number) => void): Redis {
  const redis = new Redis(url);
  redis.on('error', () => undefined);
  redis.on('message', (_, message: string) => onSwitch(Number(message.split(' ').at(-1))));
  redis.subscribe('+switch-master').catch(() => undefined);
  return redis;
}
