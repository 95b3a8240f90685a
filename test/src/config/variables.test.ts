import { expect, test } from 'vitest';
import { variables } from '#src/config/variables.ts';
import { markdownTable } from '../../markdown-table.ts';

/** `vitest run --config test/vitest.config.ts test/src/config/variables.test.ts -u` updates the page. */
test('docs/configuration.md lists every variable', async () => {
  const rows = Object.entries(variables).map(([name, { fallback, about, processes }]) => [
    `\`${name}\``,
    fallback === null ? '' : `\`${fallback}\``,
    processes.join(', '),
    about.replaceAll('|', '\\|'),
  ]);
  const page = `# Configuration

Every process reads its environment once, when it starts, and reports all faults in one message. This page is generated
from \`src/config/variables/\`, the complete list for API, worker and \`npm start\`. The simulated cloud has its own list in
[simulator.md](simulator.md#configuration).

${markdownTable(['Variable', 'Without it', 'Read by', 'Description'], rows)}
`;
  await expect(page).toMatchFileSnapshot('../../../docs/configuration.md');
});
