import { runCommand, UsageError } from './command.ts';
import { localApiConfig } from './config/commands.ts';
import { localUrl } from './start/local-url.ts';
import { openStorefront } from './start/storefront.ts';
import { ensureTokenFile } from './start/token-file.ts';
import { qrLines } from './vpn/qr.ts';

/** `npm run qr -- <server>`: prints a server's VPN as a QR code, from the API of this installation. */
await runCommand(async () => {
  const [serverId, ...others] = process.argv.slice(2);
  if (!serverId || others.length > 0) throw new UsageError('Give the id of a running server: npm run qr -- <server>.');
  const { tokenFile, ...api } = localApiConfig();
  const shop = openStorefront(localUrl(api), ensureTokenFile(tokenFile).storefront);
  const config = await shop.vpnConfig(serverId).catch((cause: Error) => {
    throw new UsageError(cause.message, { cause });
  });
  return `${await qrLines(config)}\nScan it with the WireGuard app.`;
});
