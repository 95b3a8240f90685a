// Makes a bare clone ready to run; package.json calls it before start, demo, test and check.
// This file alone keeps to words that any old Node can read, so that it can say what is missing.
const major = Number(process.versions.node.split('.')[0]);

if (major < 20) {
  console.error(`Node ${process.versions.node} is too old: install Node 24 (from 20 on, set-up fetches 24 by itself).`);
  process.exitCode = 1;
} else {
  import('./set-up.mjs').then((module) => module.setUp());
}
