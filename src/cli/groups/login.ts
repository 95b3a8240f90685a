import { type Api, openApi } from '#src/cli/api/api.ts';
import { ApiError } from '#src/cli/api/api-error.ts';
import { CliError } from '#src/cli/cli-error.ts';
import { configPath, readConfig, writeConfig } from '#src/cli/config/config-file.ts';
import { oneKey, urlIn } from '#src/cli/config/target.ts';
import type { AddGroup, Cli } from '#src/cli/group.ts';
import { readSecret } from '#src/cli/steps/ask.ts';

export const addLogin: AddGroup = (program, cli) => {
  program
    .command('login')
    .description('Sign in to an installation: keep its address and your key, which is read from standard input')
    .action(() => login(cli));
  program
    .command('logout')
    .description('Forget an installation and its key')
    .action(() => logout(cli));
  program
    .command('profiles')
    .description('List the installations that you have signed in to, or choose the one to use')
    .argument('[name]', 'use this one from now on')
    .action((name) => profiles(cli, name));
};

const defaultName = 'default';

function nameIn({ terminal: { env }, flags }: Cli): string | undefined {
  return flags().profile ?? (env.GHOSTIFI_PROFILE || undefined);
}

/** The key is tried before it is kept. */
async function login(cli: Cli): Promise<void> {
  const { terminal, flags } = cli;
  const { env, err, stop } = terminal;
  const path = configPath(env);
  const config = await readConfig(path);
  const name = nameIn(cli) ?? config.current ?? defaultName;
  const address = flags().url ?? (env.GHOSTIFI_URL || config.profiles[name]?.url);
  if (address === undefined) throw new CliError('usage', 'Give the address of the API: ghostifi login --url https://…');
  const url = urlIn(address);
  const key = oneKey(await readSecret(`Key for ${url}`, terminal), 'The input');
  await assertKnown(openApi({ url, key }, stop));
  writeConfig(path, { current: name, profiles: { ...config.profiles, [name]: { url, key } } });
  err.write(`Signed in to ${url} as profile "${name}". The key is in ${path}.\n`);
}

/** Throws CliError unless the API knows the key, which need not have the scope of this call. */
async function assertKnown(api: Api): Promise<void> {
  await api.get('/v1/sale').catch((error: unknown) => {
    if (!(error instanceof ApiError && error.status === 403)) throw error;
  });
}

async function logout(cli: Cli): Promise<void> {
  const { env, err } = cli.terminal;
  const path = configPath(env);
  const { current, profiles } = await readConfig(path);
  const name = nameIn(cli) ?? current ?? defaultName;
  const { [name]: gone, ...others } = profiles;
  if (!gone || !Object.hasOwn(profiles, name)) throw new CliError('notFound', `${path} has no profile "${name}".`);
  writeConfig(path, { current: name === current ? null : current, profiles: others });
  err.write(`Forgot ${gone.url}. Its key is still valid: revoke it there.\n`);
}

async function profiles({ terminal: { env, out } }: Cli, chosen: string | undefined): Promise<void> {
  const path = configPath(env);
  const config = await readConfig(path);
  if (chosen !== undefined && !Object.hasOwn(config.profiles, chosen))
    throw new CliError('notFound', `${path} has no profile "${chosen}".`);
  const current = chosen ?? config.current;
  if (chosen !== undefined) writeConfig(path, { ...config, current: chosen });
  for (const [name, { url }] of Object.entries(config.profiles))
    out.write(`${name === current ? '*' : ' '} ${name}  ${url}\n`);
}
