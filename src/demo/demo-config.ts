import { bareEnvironment } from '#src/config/environment.ts';
import { type StartConfig, startConfig } from '#src/config/start.ts';

/** How long the demo's customer may owe money, and how long her server is kept after the end. */
export const dunningGrace = '3s';
export const cancelKeep = '3s';

/** A fast simulated cloud and free ports. Ignores the shell's settings, so the demo uses no real cloud or database. */
export function demoConfig(dataDir: string): StartConfig {
  return startConfig(dataDir, {
    ...bareEnvironment(),
    PORT: '0',
    SIMULATOR_PORT: '0',
    LOG_LEVEL: 'warn',
    INSTALLATION: 'demo',
    SIMULATOR_BOOT_SECONDS: '3',
    SIMULATOR_VPN_SECONDS: '1',
    REBUILD_GRACE_SECONDS: '2',
    SHUTDOWN_GRACE_SECONDS: '5',
    DUNNING_GRACE: dunningGrace,
    DUNNING_KEEP: '1h',
    CANCEL_KEEP: cancelKeep,
  });
}
