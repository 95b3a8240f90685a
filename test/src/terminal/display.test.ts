import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { openDisplay, type Row } from '#src/terminal/display.ts';

const row: Row = {
  id: 'job-1',
  what: 'create  ada     ',
  percent: 40,
  step: 'Ordering',
  seconds: 1.234,
  isDone: false,
};

/** The output of a display on a terminal of so many columns; null is no terminal. */
function written(columns: number | null) {
  const texts: string[] = [];
  const out = { isTTY: columns !== null, columns, write: (text: string) => texts.push(text) > 0 };
  const display = openDisplay(out as unknown as Parameters<typeof openDisplay>[0]);
  return { display, texts };
}

it('draws one bar per job, and redraws it in the same place', () => {
  const { display, texts } = written(80);
  display.show([row]);
  display.show([{ ...row, percent: 100, step: 'succeeded', isDone: true }]);
  expect(texts.join('')).toContain('\x1b[1A');
  expect(stripVTControlCharacters(texts.join(''))).toBe(
    [
      '  create  ada     ████████░░░░░░░░░░░░  40 %   1.2 s  Ordering\n',
      '  create  ada     ████████████████████ 100 %   1.2 s  succeeded\n',
    ].join(''),
  );
});

it('keeps released bars and draws the next ones below', () => {
  const { display, texts } = written(80);
  display.show([row]);
  display.release();
  texts.length = 0;
  display.show([row]);
  expect(texts.join('')).not.toContain('A');
});

it.each([80, 60, 20])('never wraps on a terminal of %d columns', (columns) => {
  const { display, texts } = written(columns);
  display.show([{ ...row, step: 'Waiting for something that has a long name, and then for something else' }]);
  const line = stripVTControlCharacters(texts.join('')).trimEnd();
  expect(line.length).toBeLessThan(columns);
  expect(line.endsWith('…')).toBe(true);
});

it('writes each change once, as plain text, if there is no terminal', () => {
  const { display, texts } = written(null);
  display.show([row]);
  display.show([{ ...row, seconds: 2 }]);
  display.show([{ ...row, seconds: 3, percent: 100, step: 'succeeded' }]);
  expect(texts).toEqual([
    '   1.2 s  create  ada      40 %  Ordering\n',
    '   3.0 s  create  ada     100 %  succeeded\n',
  ]);
});
