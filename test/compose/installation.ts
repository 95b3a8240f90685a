import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Container, containers, isHealthy } from './container.ts';
import type { Engine } from './engine.ts';
import { type Ran, run, tryRun } from './run.ts';

export const services = ['redis', 'simulator', 'api', 'worker'] as const;
export type Service = (typeof services)[number] | 'setup';

/** A separate installation made by docker-compose.yml. remove() removes all of it. */
export interface Installation {
  readonly project: string;
  readonly image: string;
  readonly url: string;
  /** Runs compose. Throws if it fails. */
  compose(...args: string[]): Promise<string>;
  /** The same with a variable of the shell, which wins over `.env`. */
  composeWith(variable: Readonly<Record<string, string>>, ...args: string[]): Promise<string>;
  tryCompose(...args: string[]): Promise<Ran>;
  docker(...args: string[]): Promise<string>;
  /** The containers of a service, including stopped ones. */
  containers(service: Service): Promise<Container[]>;
  /** Resolves once the service has this many containers, and every container of every service is healthy. */
  healthy(service: Service, count: number): Promise<void>;
  /** Removes containers, networks, volumes and image in any state. Returns the ids of everything that is left. */
  remove(): Promise<string>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const slowestMs = 600_000;
const healthyWithinMs = 300_000;

export interface InstallationOptions {
  readonly signal: AbortSignal;
  /** Tells two installations of one proof apart. */
  readonly suffix?: string;
  /** Variables of the shell, which win over proof.env. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Chooses an unused name and port. Starts nothing yet. */
export async function newInstallation(
  { compose: spelling }: Engine,
  { signal, suffix = '', settings = {} }: InstallationOptions,
): Promise<Installation> {
  const project = `ghostifi-proof-${process.pid}${suffix}`;
  const port = await freePort();
  const env = { IMAGE: project, PORT: String(port), COMPOSE_ANSI: 'never', COMPOSE_PROGRESS: 'plain', ...settings };
  const files = ['--env-file', `${root}test/compose/proof.env`, '-f', `${root}docker-compose.yml`];
  const options = { env, timeoutMs: slowestMs, signal };
  const command = (args: readonly string[]) => [
    ...spelling,
    '--project-directory',
    root,
    ...files,
    '-p',
    project,
    ...args,
  ];
  const docker = (...args: string[]) => run(['docker', ...args], options);
  const list = async (service: Service) => {
    // By labels: compose names no container of a profile that is switched off.
    const labels = [`project=${project}`, `service=${service}`, 'oneoff=False'];
    const filters = labels.flatMap((label) => ['--filter', `label=com.docker.compose.${label}`]);
    const ids = (await docker('ps', '-a', '-q', ...filters)).split('\n').filter(Boolean);
    return ids.length === 0 ? [] : containers.parse(JSON.parse(await docker('inspect', ...ids)));
  };
  return {
    project,
    image: project,
    url: `http://127.0.0.1:${port}`,
    docker,
    containers: list,
    compose: (...args) => run(command(args), options),
    composeWith: (variable, ...args) => run(command(args), { ...options, env: { ...env, ...variable } }),
    tryCompose: (...args) => tryRun(command(args), options),
    healthy: (service, count) => allHealthy(list, { service, count, signal }),
    remove: async () => {
      await tryRun(command(['down', '--volumes', '--remove-orphans', '--timeout', '5']), { env, timeoutMs: slowestMs });
      await tryRun(['docker', 'image', 'rm', '--force', project]);
      return leftovers(project);
    },
  };
}

interface Wanted {
  readonly service: Service;
  readonly count: number;
  readonly signal: AbortSignal;
}

async function allHealthy(list: Installation['containers'], { service, count, signal }: Wanted): Promise<void> {
  const giveUpAt = performance.now() + healthyWithinMs;
  for (;;) {
    const all = (await Promise.all(services.map(list))).flat();
    const waiting = all.filter((container) => !isHealthy(container));
    const found = (await list(service)).length;
    if (found === count && waiting.length === 0) return;
    const unhealthy = waiting.map(({ Name }) => Name).join(', ');
    if (performance.now() > giveUpAt) throw new Error(`${found} ${service} containers; not healthy: ${unhealthy}.`);
    await delay(500, undefined, { signal });
  }
}

async function leftovers(project: string): Promise<string> {
  const ours = ['--filter', `label=com.docker.compose.project=${project}`, '-q'];
  const found = await Promise.all([
    run(['docker', 'ps', '-a', ...ours]),
    run(['docker', 'volume', 'ls', ...ours]),
    run(['docker', 'network', 'ls', ...ours]),
    run(['docker', 'images', '-q', project]),
  ]);
  return found.join('').trim();
}

function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer().once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
  });
  return promise;
}
