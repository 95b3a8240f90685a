#!/usr/bin/env node
// The program `ghostifi`. This file uses only syntax that every old Node can parse.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
const isTooOld = major < 22 || (major === 22 && minor < 18);
/** The Node that set-up has fetched, if the system's is older. */
const ownNode = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url));

if (isTooOld && existsSync(ownNode)) {
  import('node:child_process').then(({ spawnSync }) => {
    const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
    process.exitCode = spawnSync(ownNode, args, { stdio: 'inherit' }).status ?? 1;
  });
} else {
  import('./usable.mjs').then(async () => {
    if (process.exitCode) return;
    // Otherwise every start would strip the types again, which takes longer than the rest.
    const { enableCompileCache } = await import('node:module');
    enableCompileCache();
    await import('../cli.ts');
  });
}
