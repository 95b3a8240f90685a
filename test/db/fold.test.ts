import { expect, test } from 'vitest';
import { folded, foldedIfOther } from '#db/fold.ts';

test.each([
  ['capitals', 'Ada@Example.COM', 'ada@example.com'],
  ['capitals with accents', 'JOSÉ+VPN@EXAMPLE.COM', 'josé+vpn@example.com'],
  ['accents of their own', 'Jose\u0301@example.com', 'josé@example.com'],
  ['a capital that has no composed form with its accent', '\u03ab\u0301', '\u03b0'],
  ['another character for the same letter', '\u212aelvin \u212b', 'kelvin å'],
])('%s are folded', (_, text, form) => {
  expect(folded(text)).toBe(form);
  expect(folded(form)).toBe(form);
});

test('every letter is folded once and for all, in whichever Unicode form it comes', () => {
  const unstable: string[] = [];
  for (let code = 0x20; code < 0x1_1000; code += 1) {
    const letter = String.fromCodePoint(code);
    if (/\p{Cs}/u.test(letter)) continue;
    for (const text of [letter, `${letter}\u0301`, `${letter}\u0307`]) {
      const form = folded(text);
      if (folded(form) !== form || folded(text.normalize('NFD')) !== form) unstable.push(code.toString(16));
    }
  }
  expect(unstable).toEqual([]);
});

test('letters that differ stay apart', () => {
  expect(new Set(['jose', 'josé', 'josè', 'ı', 'i', 'ß', 'ss'].map(folded)).size).toBe(7);
});

test('the form is stored only if it differs from the text', () => {
  expect([foldedIfOther('josé@example.com'), foldedIfOther('José@example.com')]).toEqual([null, 'josé@example.com']);
});
