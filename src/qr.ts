import { devicesPerServer } from '#db/devices.ts';
import { runCommand } from './command.ts';
import { localApiConfig } from './config/commands.ts';
import { localUrl } from './start/local-url.ts';
import { openStorefront } from './start/storefront.ts';
import { readTokenFile } from './start/token-file.ts';
import { type Given, UsageError } from './usage.ts';
import { qrLines } from './vpn/qr.ts';

const help = `Usage: npm run qr -- <server> [--device <number>]
Prints the VPN of a running server as a QR code for the WireGuard app. Each device of the customer, 1 to ${devicesPerServer}, has
its own code; without a number it is that of device 1. It asks the API of this installation, with the token of a
storefront in API_TOKENS_FILE (data/api-tokens).`;

const options = { device: { type: 'string' } } as const;

await runCommand({ help, options, positionals: 1 }, async ({ values, positionals: [serverId] }) => {
  if (!serverId) throw new UsageError(`Give the id of a running server.\n${help.split('\n')[0]}`);
  const device = deviceIn(values);
  const { tokenFile, ...api } = localApiConfig();
  const tokens = readTokenFile(tokenFile);
  if (!tokens) throw new UsageError(`There are no API tokens in ${tokenFile}: start the service first (npm start).`);
  const shop = openStorefront(localUrl(api), tokens.storefront);
  const config = await shop.vpnConfig(serverId, device).catch((cause: Error) => {
    throw new UsageError(cause.message, { cause });
  });
  return `${await qrLines(config)}\nScan it with the WireGuard app.`;
});

/** The number of the device, as text. Throws UsageError. */
function deviceIn({ device = '1' }: Given['values']): string {
  const number = String(device);
  const isKnown = /^[1-9]$/.test(number) && Number(number) <= devicesPerServer;
  if (!isKnown) throw new UsageError(`Give the number of a device, from 1 to ${devicesPerServer}, not ${number}.`);
  return number;
}
