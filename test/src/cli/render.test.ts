import { describe, expect, it } from 'vitest';
import { fieldsOf, tableOf } from '#src/cli/print/page.ts';
import { renderPage } from '#src/cli/print/render.ts';
import { smallestUnits } from '#src/cli/print/texts.ts';

const columns = { server: (row: string[]) => row[0], status: (row: string[]) => row[1] };

describe('a page', () => {
  it('has aligned columns, a dash for what is absent, and no spaces at the ends of lines', () => {
    const page = [
      ...tableOf(
        [
          ['srv-1', 'running'],
          ['日本', ''],
        ],
        columns,
      ),
      'A line.',
      fieldsOf({ a: 1, bcd: null, ef: 'x' }),
    ];
    expect(renderPage(page, { colours: false })).toBe(
      'server  status\nsrv-1   running\n日本    –\n\nA line.\n\na   1\nef  x',
    );
  });

  it('says so if there is nothing', () => {
    expect(renderPage(tableOf([], columns), { colours: false })).toBe('There are none.');
  });

  it('colours words of closed sets only, and only if it may', () => {
    const page = tableOf([['running', 'running']], columns);
    expect(renderPage(page, { colours: true })).toMatch(/^.*\nrunning {2}/);
    expect(renderPage(page, { colours: true })).toContain('\u001b[32mrunning');
    expect(renderPage(page, { colours: false })).not.toContain('\u001b');
  });

  it('has no control characters of its cells', () => {
    const page = tableOf([['a\u001b[2Jb\nc', 'x']], columns);
    expect(renderPage(page, { colours: false })).toBe('server  status\nab c    x');
  });
});

it('amounts are in the unit that people use', () => {
  expect([smallestUnits(500, 'usd'), smallestUnits(500, 'jpy')]).toEqual(['5.00 USD', '500 JPY']);
});
