import { resolve } from 'node:path';
import { styleText } from 'node:util';
import type { FillableOrder } from '#src/cloud/fillable-order.ts';
import type { AllInOne } from './all-in-one.ts';
import type { Secrets } from './token-file.ts';

export interface WelcomeOptions {
  readonly dataDir: string;
  /** The order in the commands that buy a server; null: nobody has read yet what the cloud sells. */
  readonly order: FillableOrder | null;
}

/** The text for a new user: all addresses, the tokens, how to buy a server, how to stop. */
export function welcome(service: AllInOne, { dataDir, order }: WelcomeOptions): string {
  const { apiUrl, secrets } = service;
  const tokenFile = `${dataDir}/api-tokens`;
  const lines = [
    '',
    bold('GhostiFi is running.'),
    '',
    ...placeLines(service),
    '',
    `  Tokens, which are kept in ${tokenFile}:`,
    ...tokenLines(secrets),
    '',
    '  Use it in another terminal, in this folder:',
    '',
    `    export GHOSTIFI_URL=${apiUrl}`,
    `    export GHOSTIFI_KEY_FILE=${quoted(resolve(tokenFile))}`,
    `    npx ghostifi status`,
    '',
    ...buyLines(service, order),
    '',
    `  Ctrl-C stops everything. The data stays in ${dataDir}/, and the next start continues with it.`,
    '',
  ];
  return lines.join('\n');
}

function placeLines({ apiUrl, cloudTitle, simulatorUrl, shopUrl }: AllInOne): string[] {
  return [
    `  Console      ${apiUrl}/console  (sign in with the operator's token)`,
    `  Bull Board   ${apiUrl}/admin/queues  (the same)`,
    `  API          ${apiUrl}/docs`,
    simulatorUrl
      ? `  Cloud        ${simulatorUrl}  (simulated: no machine costs money)`
      : `  Cloud        ${cloudTitle}  ${warning('(real: each machine costs money until it is destroyed)')}`,
    ...(shopUrl ? [`  Shop         ${shopUrl}  (simulated: the card 4242 4242 4242 4242 pays)`] : []),
  ];
}

function tokenLines({ operator, storefront, viewer }: Secrets): string[] {
  return [
    `    operator     ${bold(operator)}  may do everything`,
    `    storefront   ${bold(storefront)}  buys servers and hands out VPNs`,
    `    viewer       ${bold(viewer)}  only reads`,
  ];
}

function buyLines({ apiUrl, simulatorUrl, secrets }: AllInOne, order: FillableOrder | null): string[] {
  const { location = '…', plan = '…' } = order ?? {};
  return [
    `  Buy a server, by the command line or over HTTP${priceOf(simulatorUrl, order)}:`,
    ...(order ? [] : [`  (What the cloud sells is not read yet. ${apiUrl}/v1/plans lists it later.)`]),
    '',
    `    npx ghostifi buy --customer you@example.com --location ${location} --plan ${plan} --wait`,
    '',
    `    curl ${apiUrl}/v1/purchases \\`,
    `      -H 'Authorization: Bearer ${secrets.storefront}' \\`,
    `      -H "Idempotency-Key: $(date +%s%N)" \\`,
    `      -H 'Content-Type: application/json' \\`,
    `      -d '{"customer": "you@example.com", "location": "${location}", "plan": "${plan}"}'`,
    '',
    '  Then:  npx ghostifi servers list',
    '         npx ghostifi servers qr <server>    shows its VPN to the WireGuard app',
    '         npx ghostifi why <address>          shows who bought it, and what was done',
  ];
}

/** Only what a real cloud bills. */
function priceOf(simulatorUrl: string | null, order: FillableOrder | null): string {
  if (simulatorUrl !== null || order === null) return '';
  return ` (${warning(`about ${order.monthlyCost} ${order.currency} a month`)})`;
}

/** As one word of a shell, if it has other characters than a path usually has. */
function quoted(path: string): string {
  return /^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}

function bold(text: string): string {
  return styleText('bold', text);
}

function warning(text: string): string {
  return styleText('yellow', text);
}
