import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestPostgres, type TestPostgres } from '../postgres.ts';
import { startTestRedis, type TestRedis } from '../redis.ts';
import { nodeArguments, type Program, type ProgramOptions, startProgram } from './program.ts';

/** One contestant's own folder, database and Redis for one pass. */
export interface Rig {
  readonly folder: string;
  /** The address of an empty database, as DATABASE_URL. */
  readonly databaseUrl: string;
  readonly redis: TestRedis;
  /** Starts a process of the repository, such as `src/api.ts`. */
  startNode(file: string, options?: NodeOptions): Program;
  start(command: string, args: readonly string[]): Program;
  /** Stops every process and removes the folder. */
  close(): Promise<void>;
}

interface NodeOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Added to the nice value. Default: 0. */
  readonly niceness?: number;
}

/** The Postgres of a whole run; null: SQLite. */
export type Postgres = TestPostgres | null;

export function startPostgres(wanted: boolean): Promise<Postgres> {
  return wanted ? startTestPostgres({ durable: true }) : Promise.resolve(null);
}

/** Redis writes its append-only file, as in production. */
export async function openRig(postgres: Postgres = null): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-bench-'));
  const redis = await startTestRedis({ appendOnly: true });
  const programs: Program[] = [];
  const start = (options: Omit<ProgramOptions, 'logFile'>) => {
    const program = startProgram({ ...options, logFile: join(folder, `${programs.length}.log`) });
    programs.push(program);
    return program;
  };
  return {
    folder,
    databaseUrl: postgres ? await postgres.createDatabase() : `file:${join(folder, 'bench.db')}`,
    redis,
    startNode: (file, { args = [], env = {}, niceness = 0 } = {}) =>
      start({ command: 'nice', args: ['-n', String(niceness), process.execPath, ...nodeArguments(file, args)], env }),
    start: (command, args) => start({ command, args, env: {} }),
    close: async () => {
      await Promise.all(programs.map((program) => program.stop()));
      await redis.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs `body` with a rig of its own. */
export async function withRig<T>(postgres: Postgres, body: (rig: Rig) => Promise<T>): Promise<T> {
  const rig = await openRig(postgres);
  try {
    return await body(rig);
  } finally {
    await rig.close();
  }
}
