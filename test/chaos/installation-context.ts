import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestRedis, type TestRedis } from '../redis.ts';
import { SentinelGroup } from '../sentinels.ts';
import { type CommandKills, createCommandKills } from './command-kills.ts';
import { fixedPort } from './fixed-port.ts';
import type { RedisProxy } from './redis-proxy.ts';
import type { ScenarioDatabase, Setting } from './setting.ts';

/** The configuration for the processes of an installation. Only Redis runs already. */
export interface InstallationContext {
  readonly setting: Setting;
  readonly folder: string;
  readonly database: ScenarioDatabase;
  readonly redis: TestRedis;
  /** The same Redis if Sentinels watch it; otherwise null. */
  readonly sentinels: SentinelGroup | null;
  readonly simulatorPort: number;
  readonly simulatorUrl: string;
  readonly kills: CommandKills;
  /** One for each process; filled as the processes are created. Empty unless `proxied`. */
  readonly proxies: RedisProxy[];
}

export async function prepareContext(setting: Setting): Promise<InstallationContext> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-chaos-'));
  const database = (await setting.database?.(folder)) ?? fileIn(folder);
  const sentinels = setting.sentinels ? await SentinelGroup.start() : null;
  const redis = sentinels ?? (await startTestRedis({ appendOnly: setting.appendOnly ?? true }));
  const simulatorPort = await fixedPort();
  return {
    setting,
    folder,
    database,
    redis,
    sentinels,
    simulatorPort,
    simulatorUrl: `http://127.0.0.1:${simulatorPort}`,
    kills: createCommandKills(),
    proxies: [],
  };
}

function fileIn(folder: string): ScenarioDatabase {
  return { url: `file:${folder}/chaos.db`, close: async () => undefined };
}
