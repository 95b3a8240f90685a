import { styleText } from 'node:util';
import type { AllInOne } from './all-in-one.ts';

/** What a newcomer needs: where everything is, how to sign in, how to buy the next server, how to stop. */
export function welcome({ apiUrl, simulatorUrl, secrets }: AllInOne, dataDir: string): string {
  const bold = (text: string) => styleText('bold', text);
  const lines = [
    '',
    bold('GhostiFi is running.'),
    '',
    `  Bull Board   ${apiUrl}/admin/queues`,
    `  its sign-in  ${bold(secrets.operator)}`,
    `  API          ${apiUrl}/docs`,
    ...(simulatorUrl ? [`  Cloud        ${simulatorUrl}  (simulated: no machine costs anything)`] : []),
    '',
    '  Buy a server:',
    '',
    `    curl ${apiUrl}/v1/purchases \\`,
    `      -H 'Authorization: Bearer ${secrets.storefront}' \\`,
    `      -H "Idempotency-Key: $(date +%s%N)" \\`,
    `      -H 'Content-Type: application/json' \\`,
    `      -d '{"customer": "you@example.com", "location": "fra"}'`,
    '',
    '  Its VPN, as a QR code for the WireGuard app, once it runs:  npm run qr -- <its id>',
    '',
    `  Ctrl-C stops everything. It is kept in ${dataDir}/ and goes on at the next start.`,
    '',
  ];
  return lines.join('\n');
}
