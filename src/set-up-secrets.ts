import { runCommand, UsageError } from './command.ts';
import { ensureSecretsKeyFile } from './start/secrets-key-file.ts';
import { ensureTokenFile } from './start/token-file.ts';

/** Creates the API tokens and the SECRETS_KEY of a new installation. Existing ones stay unchanged. */
await runCommand(async () => {
  const [tokens, key, ...others] = process.argv.slice(2);
  if (!tokens || !key || others.length > 0)
    throw new UsageError('Give two files: node src/set-up-secrets.ts <tokens> <secrets key>.');
  ensureTokenFile(tokens);
  ensureSecretsKeyFile(key);
  return `The API tokens are in ${tokens}. The SECRETS_KEY is in ${key}; keep a copy of it.`;
});
