import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CliError } from '#src/cli/cli-error.ts';
import type { AddGroup } from '#src/cli/group.ts';
import type { Terminal } from '#src/cli/terminal.ts';

const programs = {
  backup: "Back up the SQLite database of this machine, also while the service runs (the same as 'npm run backup')",
  migrate: "Apply the missing migrations to the database (the same as 'npm run migrate')",
  'rotate-secrets': "Seal all secrets with the new SECRETS_KEY (the same as 'npm run rotate-secrets')",
} as const;

/** Programs that work on the database itself. They need this installation's variables, and no key of the API. */
export const addLocalPrograms: AddGroup = (program, { terminal, flags }) => {
  for (const [name, description] of Object.entries(programs))
    program
      .command(name)
      .description(description)
      .helpOption(false)
      .allowUnknownOption()
      .argument('[arguments...]', 'those of the program, such as --help')
      .action((args) => {
        if (flags().preview) throw new CliError('usage', `${name} has no --preview: it works without the API.`);
        return run(name, args, terminal);
      });
};

/** Its output is this program's, and it gets Ctrl-C from the terminal itself. */
async function run(name: string, args: readonly string[], { env, cwd }: Terminal): Promise<void> {
  const file = fileURLToPath(new URL(`../../${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, [file, ...args], { env, cwd, stdio: 'inherit' });
  const [code, signal] = await once(child, 'exit');
  // A program that fails has said why.
  if (code !== 0) throw new CliError('failed', signal === null ? '' : `${name} was ended by ${signal}.`);
}
