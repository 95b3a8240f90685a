import { tryRun } from './run.ts';

/** A container engine that answers, and the command for compose. */
export interface Engine {
  readonly description: string;
  readonly compose: readonly string[];
}

const spellings = [['docker', 'compose'], ['docker-compose']] as const;

/** The engine of this machine, or a sentence that names the missing program. */
export async function findEngine(): Promise<Engine | string> {
  const version = await answer(['docker', 'version', '--format', '{{.Server.Version}}']);
  if (version === null) return 'No Docker engine answers: start one, or set DOCKER_HOST to its address.';
  for (const compose of spellings) {
    const composeVersion = await answer([...compose, 'version', '--short']);
    if (composeVersion !== null) {
      return { compose, description: `Docker ${version}, ${compose.join(' ')} ${composeVersion}` };
    }
  }
  return 'Neither docker compose nor docker-compose is installed: install one.';
}

async function answer(command: readonly string[]): Promise<string | null> {
  try {
    const { code, stdout } = await tryRun(command, { timeoutMs: 20_000 });
    return code === 0 ? stdout.trim() : null;
  } catch {
    // The program is not installed.
    return null;
  }
}
