import { simulatorConfig } from './config/simulator.ts';
import { createLog } from './log.ts';
import { runProcess, type Stop } from './process.ts';
import { startSimulator } from './simulator/start-simulator.ts';

/** The simulated cloud as a process; configured by SIMULATOR_* (simulator/options.ts) and LOG_LEVEL alone. */
async function main(): Promise<Stop> {
  const options = simulatorConfig();
  const logger = createLog({ process: 'simulator', level: options.logLevel });
  const simulator = await startSimulator({ ...options, onCall: (call) => logger.debug(call, 'call') });
  const { url, vultrUrl, digitaloceanUrl, hetznerUrl, cloudflareUrl, controlUrl } = simulator;
  logger.info(
    { url, vultrUrl, digitaloceanUrl, hetznerUrl, cloudflareUrl, controlUrl, dataFile: options.dataFile },
    'the simulated cloud is ready',
  );
  return async (signal) => {
    logger.info({ signal }, 'the simulated cloud stops');
    await simulator.close();
  };
}

await runProcess(main);
