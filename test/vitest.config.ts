import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/compose/**', '**/node_modules/**'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A test without an expectation cannot fail.
    expect: { requireAssertions: true },
    // Most tests wait for processes, clouds and locks instead of computing.
    maxWorkers: 4,
  },
});
