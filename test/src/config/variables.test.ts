import { expect, test } from 'vitest';
import { fileVariableOf } from '#src/config/secret-files.ts';
import { variables } from '#src/config/variables.ts';
import { markdownTable } from '../../markdown-table.ts';

/** `vitest run --config test/vitest.config.ts test/src/config/variables.test.ts -u` updates the page. */
test('docs/configuration.md lists every variable', async () => {
  const rows = Object.entries(variables).map(([name, { fallback, about, processes }]) => [
    `\`${name}\``,
    fallback === null ? '' : `\`${fallback}\``,
    processes.join(', '),
    `${about}${inFile(name)}`.replaceAll('|', '\\|'),
  ]);
  const page = `# Configuration

Every process reads its environment once, when it starts, and reports all faults in one message. This page is generated
from \`src/config/variables/\`, the complete list for API, worker, \`npm start\` and the commands for backups. The
simulated cloud has its own list in [simulator.md](simulator.md#configuration).

A secret can be in a file instead, which holds the value and nothing else; its description names the variable for the
path. If both variables are set, the file is not read.

${markdownTable(['Variable', 'Without it', 'Read by', 'Description'], rows)}
`;
  await expect(page).toMatchFileSnapshot('../../../docs/configuration.md');
});

function inFile(name: string): string {
  const fileVariable = fileVariableOf(name);
  return fileVariable === null ? '' : ` Or in a file: \`${fileVariable}\`.`;
}
