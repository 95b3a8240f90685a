import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const docs = new URL('../../docs/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, docs), 'utf8');

test.each(['proxy/nginx.conf', 'proxy/Caddyfile'])('deploy.md shows %s as it is tested', (name) => {
  expect(read('deploy.md')).toContain(`\n${read(name)}\`\`\`\n`);
});
