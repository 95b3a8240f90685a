import { Command } from '@commander-js/extra-typings';
import { addExamples } from './examples.ts';
import type { AddGroup } from './group.ts';
import { type GlobalFlags, openSession } from './session.ts';
import { hasColours, type Terminal } from './terminal.ts';

const notes = `
The service and the key: --url and --key-file, else GHOSTIFI_URL and GHOSTIFI_KEY_FILE, else the profile of ghostifi
login, else the service of this folder. Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 not allowed, 5 conflict,
6 unavailable. Examples: ghostifi <command> --help.`;

/** The program with these groups. It prints to the terminal, and throws Commander's errors and CliError instead of exiting. */
export function buildProgram(terminal: Terminal, groups: readonly AddGroup[]): Command<[], GlobalFlags> {
  const { out, err } = terminal;
  const program = new Command('ghostifi')
    .description('The command line of GhostiFi: a client of its API, and a start for its local programs.')
    .option('--json', "print the API's answer as it came")
    .option('--preview', 'only say what the command would do')
    .option('--url <url>', 'the address of the API')
    .option('--key-file <file>', "a file that holds only the key, or a file of tokens: then the operator's counts")
    .option('--profile <name>', 'an installation that you have signed in to')
    .addHelpText('after', notes)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void out.write(text),
      writeErr: (text) => void err.write(text),
      getOutHelpWidth: () => out.columns ?? 100,
      getErrHelpWidth: () => err.columns ?? 100,
      getOutHasColors: () => hasColours(terminal, out),
      getErrHasColors: () => hasColours(terminal, err),
      outputError: (text, write) => write(text.replace(/^error: /, 'ghostifi: ')),
    });
  const cli = { terminal, flags: () => program.opts(), open: () => openSession(program.opts(), terminal) };
  for (const add of groups) add(program, cli);
  addExamples(program);
  return program;
}
