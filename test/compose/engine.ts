import { tryRun } from './run.ts';

/** A container engine that answers, and how compose is called here. */
export interface Engine {
  readonly description: string;
  readonly compose: readonly string[];
}

const spellings = [['docker', 'compose'], ['docker-compose']] as const;

/** What there is to prove it with, or one sentence on what is missing. */
export async function findEngine(): Promise<Engine | string> {
  const version = await answer(['docker', 'version', '--format', '{{.Server.Version}}']);
  if (version === null) return 'No Docker engine answers here: start one, or say with DOCKER_HOST where it is.';
  for (const compose of spellings) {
    const composeVersion = await answer([...compose, 'version', '--short']);
    if (composeVersion !== null) {
      return { compose, description: `Docker ${version}, ${compose.join(' ')} ${composeVersion}` };
    }
  }
  return 'There is neither docker compose nor docker-compose here: install one.';
}

async function answer(command: readonly string[]): Promise<string | null> {
  try {
    const { code, stdout } = await tryRun(command, { timeoutMs: 20_000 });
    return code === 0 ? stdout.trim() : null;
  } catch {
    // There is no such program.
    return null;
  }
}
