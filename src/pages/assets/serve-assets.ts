import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Express } from 'express';

const require = createRequire(import.meta.url);
const own = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const files = {
  'console.css': own('console.css'),
  'console.js': own('console.js'),
  'charts.js': own('charts.js'),
  'customer.css': own('customer.css'),
  'customer.js': own('customer.js'),
  'htmx.js': require.resolve('htmx.org/dist/htmx.min.js'),
  'uplot.js': require.resolve('uplot/dist/uPlot.iife.min.js'),
  'uplot.css': require.resolve('uplot/dist/uPlot.min.css'),
} as const;
type AssetName = keyof typeof files;

/** The path of a file, with a part of its hash, so that browsers keep it until it changes. */
export type AssetPath = (name: AssetName) => string;

/** Serves the files of the pages from memory: nothing is left open if a client stops reading. */
export function serveAssets(app: Express): AssetPath {
  const paths = new Map<string, string>();
  for (const [name, file] of Object.entries(files)) {
    const content = readFileSync(file);
    const path = `/assets/${hash('sha256', content).slice(0, 12)}/${name}`;
    paths.set(name, path);
    app.get(path, (_request, response) => {
      response.type(extname(name)).set('Cache-Control', 'public, max-age=31536000, immutable').send(content);
    });
  }
  return (name) => paths.get(name) ?? '';
}
