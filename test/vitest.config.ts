import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './longest-first.ts';

const all = ['test/**/*.test.ts'];
const elsewhere = ['test/compose/**', '**/node_modules/**'];
/** Their mocks of modules would stay for the next file of the process. */
const withMocks = ['test/src/simulator/vpn/key-ring.test.ts'];

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A test without an expectation cannot fail.
    expect: { requireAssertions: true },
    // Most tests wait for processes, clouds and locks instead of computing.
    maxWorkers: 6,
    sequence: { sequencer: LongestFirst },
    projects: [
      // One process runs many files, so that it loads the modules once.
      { extends: true, test: { name: 'all', include: all, exclude: [...elsewhere, ...withMocks], isolate: false } },
      { extends: true, test: { name: 'mocks', include: withMocks, exclude: elsewhere } },
    ],
  },
});
