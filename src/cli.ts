import { runCli } from './cli/run.ts';
import { processTerminal } from './cli/terminal.ts';

/** The command line; docs/cli.md describes it. `setup/ghostifi.mjs` starts it. */
process.exitCode = await runCli(process.argv.slice(2), processTerminal());
