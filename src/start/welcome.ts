import { styleText } from 'node:util';
import type { FillableOrder } from '#src/cloud/fillable-order.ts';
import type { AllInOne } from './all-in-one.ts';

export interface WelcomeOptions {
  readonly dataDir: string;
  /** The order in the command that buys a server; null: nobody has read yet what the cloud sells. */
  readonly order: FillableOrder | null;
}

/** The text for a new user: all addresses, how to sign in, how to buy a server, how to stop. */
export function welcome(
  { apiUrl, simulatorUrl, shopUrl, secrets }: AllInOne,
  { dataDir, order }: WelcomeOptions,
): string {
  const bold = (text: string) => styleText('bold', text);
  const lines = [
    '',
    bold('GhostiFi is running.'),
    '',
    `  Bull Board   ${apiUrl}/admin/queues`,
    `  sign in with ${bold(secrets.operator)}`,
    `  API          ${apiUrl}/docs`,
    ...(simulatorUrl ? [`  Cloud        ${simulatorUrl}  (simulated: no machine costs money)`] : []),
    ...(shopUrl ? [`  Shop         ${shopUrl}  (simulated: the card 4242 4242 4242 4242 pays)`] : []),
    '',
    '  Buy a server:',
    ...(order ? [] : [`  (What the cloud sells is not read yet. ${apiUrl}/v1/plans lists it later.)`]),
    '',
    `    curl ${apiUrl}/v1/purchases \\`,
    `      -H 'Authorization: Bearer ${secrets.storefront}' \\`,
    `      -H "Idempotency-Key: $(date +%s%N)" \\`,
    `      -H 'Content-Type: application/json' \\`,
    `      -d '{"customer": "you@example.com", "location": "${order?.location ?? '…'}", "plan": "${order?.plan ?? '…'}"}'`,
    '',
    '  Once it runs, show its VPN as a QR code for the WireGuard app:  npm run qr -- <server id>',
    '',
    `  Ctrl-C stops everything. The data stays in ${dataDir}/, and the next start continues with it.`,
    '',
  ];
  return lines.join('\n');
}
