import { join } from 'node:path';
import type { Environment } from '#src/config/environment.ts';
import type { StartConfig } from '#src/config/start.ts';
import { localUrl } from './local-url.ts';
import { ensureWebhookSecret } from './webhook-secret.ts';

/** The ports that `npm start` has chosen; simulator: null for a real cloud. */
export interface Ports {
  readonly api: number;
  readonly simulator: number | null;
}

/** The environment of the processes that `npm start` starts: its own, with their addresses and files. */
export function childEnvironment(config: StartConfig, ports: Ports, redisUrl: string | undefined): Environment {
  return {
    WEBHOOK_PRIVATE_ADDRESSES: 'allow',
    ...config.env,
    PORT: String(ports.api),
    REDIS_URL: redisUrl,
    DATABASE_URL: config.databaseUrl,
    API_TOKENS_FILE: join(config.dataDir, 'api-tokens'),
    ...(config.secretsKeyFile && { SECRETS_KEY_FILE: config.secretsKeyFile }),
    SIMULATOR_DATA: join(config.dataDir, 'simulator.json'),
    ...(ports.simulator !== null && simulated(config, { ...ports, simulator: ports.simulator })),
  };
}

interface SimulatedPorts extends Ports {
  readonly simulator: number;
}

function simulated(config: StartConfig, ports: SimulatedPorts): Environment {
  return {
    SIMULATOR_PORT: String(ports.simulator),
    SIMULATOR_URL: `http://127.0.0.1:${ports.simulator}/v2`,
    ...(!config.env.DNS?.trim() && simulatedDns(ports.simulator)),
    ...(config.simulatesStripe && simulatedStripe(config, ports)),
  };
}

/** The simulated Cloudflare accepts the same key as the simulated cloud. */
function simulatedDns(port: number): Environment {
  return {
    DNS: 'cloudflare',
    CLOUDFLARE_API_URL: `http://127.0.0.1:${port}/cloudflare/client/v4`,
    CLOUDFLARE_API_TOKEN: 'simulator',
  };
}

const stripeKey = 'rk_test_simulator';

/** The simulated Stripe sends its events to the API, also those of the time before the API was ready. */
function simulatedStripe({ dataDir, host, env }: StartConfig, ports: SimulatedPorts): Environment {
  const secret = ensureWebhookSecret(join(dataDir, 'stripe-webhook-secret'));
  return {
    STRIPE_API_KEY: stripeKey,
    STRIPE_API_URL: `http://127.0.0.1:${ports.simulator}/stripe`,
    STRIPE_WEBHOOK_SECRET: secret,
    SIMULATOR_API_KEY: `${env.SIMULATOR_API_KEY?.trim() || 'simulator'},${stripeKey}`,
    SIMULATOR_STRIPE_HOOK_URL: `${localUrl({ host, port: ports.api })}/v1/stripe/webhook`,
    SIMULATOR_STRIPE_HOOK_SECRET: secret,
  };
}
