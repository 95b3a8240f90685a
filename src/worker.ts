import { hostname } from 'node:os';
import { openProvider } from '#src/cloud/providers.ts';
import { workerConfig } from '#src/config.ts';
import { createLog } from '#src/log.ts';
import { startWorkerProcess } from '#src/worker/start-worker.ts';

const config = workerConfig();
const log = createLog({ process: 'worker', level: config.logLevel });
const { name, apiUrl, apiKey } = config.cloud;
const provider = openProvider(name, { apiUrl, apiKey, instance: `${hostname()}-${process.pid}` });
const worker = await startWorkerProcess(config, {
  provider,
  log,
  hooks: { onEnd: () => undefined, onReport: () => undefined },
});
log.info({ concurrency: config.concurrency, cloud: name }, 'Worker takes jobs');
process.once('SIGTERM', async () => {
  await worker.close();
  process.exit(0);
});
