import jsqr from 'jsqr';
import { expect, it } from 'vitest';
import { qrLines } from '#src/vpn/qr.ts';

const config = `[Interface]\nPrivateKey = ${'k'.repeat(44)}\nAddress = 10.73.0.2/32\n`;

it('a code without colours is read in a terminal with a dark background', async () => {
  const text = await qrLines(config, { colours: false });
  expect(text).not.toContain('\u001b');
  const { pixels, width, height } = onDark(text.split('\n').filter((line) => line !== ''));
  expect(jsqr.default(pixels, width, height, { inversionAttempts: 'dontInvert' })?.data).toBe(config);
});

/** The picture that such a terminal shows, with 4 × 4 pixels for each half of a character. */
function onDark(lines: readonly string[]) {
  const halves = lines.flatMap((line) => ['█▀', '█▄'].map((lit) => [...line].map((block) => lit.includes(block))));
  const rows = halves.flatMap((row) => Array.from({ length: 4 }, () => row.flatMap((isLit) => Array(4).fill(isLit))));
  const pixels = Uint8ClampedArray.from(
    rows.flat().flatMap((isLit) => [isLit, isLit, isLit, true].map((on) => (on ? 255 : 0))),
  );
  return { pixels, width: rows[0]?.length ?? 0, height: rows.length };
}
