import { simulatorConfig } from './config/simulator.ts';
import { createLog } from './log.ts';
import { runProcess, type Stop } from './process.ts';
import { dialectNames } from './simulator/dialects.ts';
import { startSimulator } from './simulator/start-simulator.ts';

/** The simulated cloud as a process; its settings are SIMULATOR_* (simulator/options.ts) and LOG_LEVEL. */
async function main(): Promise<Stop> {
  const options = simulatorConfig();
  const log = createLog({ process: 'simulator', level: options.logLevel });
  const onCall = (call: object) => log.debug({ event: 'call-answered', call }, 'Answered a call');
  const isLogged = log.isLevelEnabled('debug');
  const simulator = await startSimulator({ ...options, onCall: isLogged ? onCall : undefined });
  const { url, controlUrl } = simulator;
  const apiUrls = Object.fromEntries(dialectNames.map((name) => [name, simulator.apiUrl(name)]));
  log.info(
    { event: 'simulator-ready', url, apiUrls, controlUrl, dataFile: options.dataFile },
    'The simulated cloud is ready',
  );
  return async (signal) => {
    log.info({ event: 'simulator-stopping', signal }, 'The simulated cloud stops');
    await simulator.close();
  };
}

const help = `Usage: npm run simulator
Runs the simulated cloud until SIGTERM. docs/simulator.md lists its variables.`;

await runProcess(help, main);
