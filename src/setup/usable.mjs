// Says what to do if this clone cannot run a program of src/ yet. package.json calls it before each single program.
// This file uses only syntax that every old Node can parse, so that it can report a Node that is too old.
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
const isTooOld = major < 22 || (major === 22 && minor < 18);
const isInstalled = existsSync(new URL('../../node_modules/better-sqlite3/package.json', import.meta.url));

if (isTooOld || !isInstalled) {
  const why = isTooOld ? `Node ${process.versions.node} cannot run this program` : 'The packages are not installed';
  const runIt = 'Run "node src/setup/ready.mjs" once: it installs the packages and, if yours is older, Node 24.';
  console.error(`${why}. ${runIt} On a server, install Node 24 and run "npm ci --omit=dev --omit=optional".`);
  process.exitCode = 1;
}
