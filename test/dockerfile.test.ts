import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const dockerfile = read('Dockerfile');
const compose = read('docker-compose.yml');

test('the folders of all volumes belong to the user of the processes, and nobody else can read them', () => {
  const [, folders = '', mode, owner] =
    /^RUN for folder in ([^;]+); do mkdir -m (\d+) \$folder && chown (\S+) \$folder; done$/m.exec(dockerfile) ?? [];
  expect([mode, owner]).toEqual(['700', 'node:node']);
  // Redis has an image of its own; its volume gets the folder of the set-up.
  const mounted = [...compose.matchAll(/"[a-z-]+:(\/[a-z-]+)(:ro)?"/g)].map(([, folder]) => folder);
  expect(folders.split(' ').toSorted()).toEqual([...new Set(mounted)].toSorted());
});

test('the processes run as this user, who owns no file of the program', () => {
  const users = dockerfile.match(/^USER .*$/gm);
  expect(users).toEqual(['USER node']);
  expect(dockerfile.indexOf('USER node')).toBeGreaterThan(dockerfile.lastIndexOf('COPY'));
  expect(dockerfile).not.toMatch(/COPY --ch(own|mod)/);
});

test('no package runs a script while the image is built, and only those of the service are in it', () => {
  const [install] = dockerfile.match(/npm ci[^&]*/g) ?? [];
  for (const option of ['--omit=dev', '--omit=optional', '--ignore-scripts']) expect(install).toContain(option);
});

test('only the program is sent to the engine: no .env, no data folder, no secret', () => {
  const [first, ...rest] = read('.dockerignore').trim().split('\n');
  expect(first).toBe('*');
  expect(rest).toEqual([
    ...['!package.json', '!package-lock.json', '!.npmrc', '!db', '!queues', '!src', '!docs/runbook.md'],
  ]);
  const copied = [...dockerfile.matchAll(/^COPY (.*) \S+$/gm)].flatMap(([, from = '']) => from.split(' '));
  expect(copied.map((name) => `!${name}`).toSorted()).toEqual(rest.toSorted());
});
