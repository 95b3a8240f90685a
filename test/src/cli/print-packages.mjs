// Preloaded: prints the packages that the process has loaded, and the files of src/cli.
import { registerHooks } from 'node:module';

const packages = new Set();
const files = [];
registerHooks({
  load(url, context, next) {
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(url)?.[1];
    if (name) packages.add(name);
    const file = /\/src\/cli\/(.+)\.ts$/.exec(url)?.[1];
    if (file) files.push(file);
    return next(url, context);
  },
});
process.on('exit', () => process.stderr.write(`${[...packages].sort().join(' ')}\n${files.join(' ')}\n`));
