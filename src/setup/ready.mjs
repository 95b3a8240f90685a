// Makes a bare clone ready to run. package.json calls it before start, demo, test and check.
// This file uses only syntax that every old Node can parse, so that it can report a Node that is too old.
const major = Number(process.versions.node.split('.')[0]);

if (process.argv.length > 2) {
  console.log(
    'Usage: node src/setup/ready.mjs\nInstalls the packages and finds a Redis. If the system has an older Node, it fetches Node 24.',
  );
} else if (major < 20) {
  console.error(
    `Node ${process.versions.node} is too old. Install Node 24 (Node 20 or newer is enough: set-up then fetches Node 24).`,
  );
  process.exitCode = 1;
} else {
  import('./set-up.mjs').then((module) => module.setUp());
}
