import { ConfigError, simulatorConfig } from './config.ts';
import { createLog } from './log.ts';
import { DataFileError } from './simulator/data-file.ts';
import { dialectNames } from './simulator/dialects.ts';
import { SimulatorSettingsError } from './simulator/options.ts';
import { PortError } from './simulator/ports.ts';
import { startSimulator } from './simulator/start-simulator.ts';

/** The simulated cloud as a process; configured by SIMULATOR_* (simulator/options.ts) and LOG_LEVEL alone. */
async function main(): Promise<void> {
  const options = simulatorConfig();
  const logger = createLog({ process: 'simulator', level: options.logLevel });
  const simulator = await startSimulator({ ...options, onCall: (call) => logger.debug(call, 'call') });
  const { url, controlUrl } = simulator;
  const apiUrls = Object.fromEntries(dialectNames.map((name) => [name, simulator.apiUrl(name)]));
  logger.info({ url, apiUrls, controlUrl, dataFile: options.dataFile }, 'the simulated cloud is ready');
  const stop = async (signal: string) => {
    logger.info({ signal }, 'the simulated cloud stops');
    await simulator.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
}

main().catch((error: unknown) => {
  const expected = [ConfigError, DataFileError, PortError, SimulatorSettingsError].some(
    (kind) => error instanceof kind,
  );
  const text =
    expected && error instanceof Error ? error.message : String(error instanceof Error ? error.stack : error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
});
