import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '#db/open.ts';
import { dumpOf } from '../../db/conformance/fixture.ts';
import { startTestPostgres, whyNoPostgres } from '../../postgres.ts';
import type { Scenario, Stage } from '../scenario.ts';

const migrate = fileURLToPath(new URL('../../../src/migrate.ts', import.meta.url));
/** The last ones of a migration of an empty database are a little later; on Postgres the eleventh is its COMMIT. */
const mostWrites = { pwrite64: 130, 'write,writev': 11 } as const;
const aim = 'killed while it migrated';

/** Killed at one of its writes, to the file or to the server, and then run again. */
export const killedMigrations: readonly Scenario[] = [
  {
    id: 'kill-migration-sqlite',
    about: 'kill -9 of npm run migrate at one of its writes to SQLite; the next one finishes the work',
    runs: { full: 20, quick: 0 },
    aim,
    run: (stage) => killAndRepeat(stage, 'pwrite64', `file:${join(stage.installation.folder, `m-${stage.index}.db`)}`),
  },
  {
    id: 'kill-migration-postgres',
    about: 'kill -9 of npm run migrate at one of its writes to Postgres; the next one finishes the work',
    runs: { full: 10, quick: 0 },
    aim,
    whyNot: whyNoPostgres,
    run: async (stage) => {
      const postgres = await startTestPostgres();
      try {
        await killAndRepeat(stage, 'write,writev', await postgres.createDatabase());
      } finally {
        await postgres.stop();
      }
    },
  },
];

async function killAndRepeat(
  { random, broken, note }: Stage,
  calls: keyof typeof mostWrites,
  url: string,
): Promise<void> {
  const when = random.between(1, mostWrites[calls]);
  const inject = [
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    `trace=${calls}`,
    '-e',
    `inject=${calls}:signal=SIGKILL:when=${when}`,
  ];
  const first = await run(url, 'strace', inject);
  if (first !== 0 && first !== 'SIGKILL') broken(`The migration ended with ${first} before it was killed.`);
  note(first === 0 ? 'it ended before it was killed' : aim);
  const second = await run(url);
  if (second !== 0) broken(`After a kill at write ${when} the next migration ended with ${second}.`);
  const database = await openDatabase(url);
  try {
    if (database.migrated.length > 0) broken(`A third opening still had ${database.migrated.join(', ')} to do.`);
    await dumpOf(database);
  } finally {
    await database.close();
  }
}

/** Its exit code, or the signal that ended it: a tracer ends by the one that it sent. */
async function run(url: string, wrapper?: string, args: readonly string[] = []): Promise<unknown> {
  const [command, ...rest] = [...(wrapper ? [wrapper, ...args] : []), process.execPath, migrate];
  const env = { PATH: process.env.PATH ?? '', DATABASE_URL: url };
  const [code, signal] = await once(spawn(command ?? '', rest, { stdio: 'ignore', env }), 'exit');
  return code ?? signal;
}
