import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { replaceFile } from '#src/start/replace-file.ts';

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-replace-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('only the owner can read the new file, whatever the old one and a left draft allowed', () => {
  const folder = emptyFolder();
  const file = join(folder, 'config.json');
  for (const old of [file, `${file}.${process.pid}`]) {
    writeFileSync(old, 'old');
    chmodSync(old, 0o644);
  }
  replaceFile(file, 'new');
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(['config.json']);
});

test('a file that cannot be replaced leaves no draft', () => {
  const folder = emptyFolder();
  const file = join(folder, 'config.json');
  mkdirSync(join(file, 'in-the-way'), { recursive: true });
  expect(() => replaceFile(file, 'new')).toThrow('config.json');
  expect(readdirSync(folder)).toEqual(['config.json']);
});
