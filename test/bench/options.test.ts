import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

const names = ['accept', 'drain', 'structure'];

test('without options every scenario runs, and nothing is written', () => {
  expect(readOptions([], names)).toEqual({
    quick: false,
    large: false,
    postgres: false,
    help: false,
    only: [],
    passes: null,
    jsonl: null,
    markdown: null,
    charts: null,
  });
});

test('options are read', () => {
  const options = readOptions(['--only', 'drain', '--only', 'accept', '--passes', '5', '--jsonl', 'a.jsonl'], names);
  expect(options).toMatchObject({ only: ['drain', 'accept'], passes: 5, jsonl: 'a.jsonl' });
});

test.each([
  [['--fast'], /Unknown option '--fast'.*--help lists all options/],
  [['accept'], /Unexpected argument 'accept'.*--help/],
  [['--only', 'drian'], /no scenario drian. The scenarios are accept, drain, structure/],
  [['--passes', '0'], /--passes must be a number from 1 to 99, not "0"/],
  [['--passes', 'many'], /not "many"/],
  [['--quick', '--only', 'drain'], /--quick runs the scenario structure alone/],
])('%j is refused with a sentence', (args, message) => {
  expect(() => readOptions(args, names)).toThrow(message);
});
