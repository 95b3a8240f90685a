import { environment as simulatorSettings } from '#src/simulator/options.ts';
import type { Environment } from './environment.ts';
import { fileVariableOf } from './secret-files.ts';
import { variables } from './variables.ts';

/** The processes that `npm start` starts. */
export type ChildName = 'api' | 'worker' | 'simulator';

/** Variables of the system and of Node. NODE_AUTH_TOKEN is a token of npm's. */
const ofEveryProcess =
  /^(PATH|HOME|TMPDIR|TZ|LANG|LC_\w+|LD_LIBRARY_PATH|MALLOC_ARENA_MAX|NODE_(?!AUTH_TOKEN$)\w+|SSL_CERT_(FILE|DIR)|NO_COLOR|FORCE_COLOR)$/;
/** Variables of the libraries for the database and the calls to other services. Some hold passwords. */
const ofServices = /^(PG\w+|(HTTPS?|NO|ALL)_PROXY)$/i;

/** The variables that this process reads: its own settings, and those of Node, its libraries and the system. */
export function ownEnvironment(child: ChildName, env: Environment): Environment {
  const names = child === 'simulator' ? namesOfSimulator() : namesOf(child);
  const isOwn = (name: string) =>
    names.has(name) || ofEveryProcess.test(name) || (child !== 'simulator' && ofServices.test(name));
  return Object.fromEntries(Object.entries(env).filter(([name]) => isOwn(name)));
}

function namesOf(child: 'api' | 'worker'): ReadonlySet<string> {
  const read = Object.entries(variables).filter(([, { processes }]) => processes.includes(child));
  return new Set(read.flatMap(([name]) => [name, fileVariableOf(name) ?? name]));
}

function namesOfSimulator(): ReadonlySet<string> {
  return new Set([...Object.keys(simulatorSettings.shape), 'LOG_LEVEL']);
}
