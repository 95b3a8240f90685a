import { styleText } from 'node:util';
import type { AllInOne } from './all-in-one.ts';

/** What a newcomer needs: where everything is, how to log in, how to buy the next server, how to stop. */
export function welcome({ apiUrl, simulatorUrl, secrets }: AllInOne): string {
  const bold = (text: string) => styleText('bold', text);
  const lines = [
    '',
    bold('GhostiFi is running.'),
    '',
    `  Bull Board   ${apiUrl}/admin/queues`,
    `               log in with the operator's token: ${bold(secrets.operator)}`,
    `  API docs     ${apiUrl}/docs`,
    ...(simulatorUrl ? [`  Cloud        ${simulatorUrl}   (simulated: no machine costs anything)`] : []),
    '',
    '  Buy a server:',
    `    curl -X POST ${apiUrl}/v1/purchases \\`,
    `      -H 'Authorization: Bearer ${secrets.storefront}' \\`,
    `      -H "Idempotency-Key: $(date +%s%N)" -H 'Content-Type: application/json' \\`,
    `      -d '{"customer": "you@example.com", "location": "fra"}'`,
    '',
    '  Stop with Ctrl-C. Everything is kept in data/ for the next start.',
    '',
  ];
  return `${lines.join('\n')}\n`;
}
