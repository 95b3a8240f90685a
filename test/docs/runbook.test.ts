import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { alertKinds } from '#queues/alerts/alert.ts';

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
/** The text below each second-level heading, by heading. Only alerts have such headings. */
const sections = new Map(
  [...runbook.matchAll(/^## (.+)\n([^#]*)/gm)].map(([, heading = '', text = '']) => [heading, text.trim()]),
);

test('the runbook has a section for each alert kind, and for no other', () => {
  expect([...sections.keys()].toSorted()).toEqual(alertKinds.toSorted());
});

test.each([...sections])('the section %s is not empty', (_, text) => {
  expect(text).not.toBe('');
});
