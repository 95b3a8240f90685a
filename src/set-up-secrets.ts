import { runCommand } from './command.ts';
import { ensureRedisSecrets } from './start/redis-secrets.ts';
import { ensureSecretsKeyFile } from './start/secrets-key-file.ts';
import { ensureTokenFile } from './start/token-file.ts';
import { UsageError } from './usage.ts';

const help = `Usage: node src/set-up-secrets.ts <tokens> <secrets key> [<redis folder>]
Creates the files with the API tokens and the SECRETS_KEY of a new installation. With a folder it also creates the
password of the Redis of docker-compose.yml there. Existing files stay unchanged.`;

await runCommand({ help, positionals: 3 }, async ({ positionals: [tokens, key, redisFolder] }) => {
  if (!tokens || !key) throw new UsageError(`Give two files.\n${help.split('\n')[0]}`);
  ensureTokenFile(tokens);
  ensureSecretsKeyFile(key);
  if (redisFolder) ensureRedisSecrets(redisFolder);
  return `The API tokens are in ${tokens}. The SECRETS_KEY is in ${key}; keep a copy of it.`;
});
