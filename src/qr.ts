import { runCommand } from './command.ts';
import { localApiConfig } from './config/commands.ts';
import { localUrl } from './start/local-url.ts';
import { openStorefront } from './start/storefront.ts';
import { readTokenFile } from './start/token-file.ts';
import { UsageError } from './usage.ts';
import { qrLines } from './vpn/qr.ts';

const help = `Usage: npm run qr -- <server>
Prints the VPN of a running server as a QR code for the WireGuard app. It asks the API of this installation, with the
token of a storefront in API_TOKENS_FILE (data/api-tokens).`;

await runCommand({ help, positionals: 1 }, async ({ positionals: [serverId] }) => {
  if (!serverId) throw new UsageError(`Give the id of a running server.\n${help.split('\n')[0]}`);
  const { tokenFile, ...api } = localApiConfig();
  const tokens = readTokenFile(tokenFile);
  if (!tokens) throw new UsageError(`There are no API tokens in ${tokenFile}: start the service first (npm start).`);
  const shop = openStorefront(localUrl(api), tokens.storefront);
  const config = await shop.vpnConfig(serverId).catch((cause: Error) => {
    throw new UsageError(cause.message, { cause });
  });
  return `${await qrLines(config)}\nScan it with the WireGuard app.`;
});
