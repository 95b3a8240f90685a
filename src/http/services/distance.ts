/** How many letters have to be added, removed or replaced to make one text of the other (Levenshtein). */
export function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...one].entries()) row = nextRow(row, { letter, other, first: at + 1 });
  return row.at(-1) ?? 0;
}

function nextRow(
  above: readonly number[],
  { letter, other, first }: { readonly letter: string; readonly other: string; readonly first: number },
): number[] {
  const row = [first];
  for (let at = 0; at < other.length; at++) {
    const [left = 0, corner = 0, up = 0] = [row[at], above[at], above[at + 1]];
    row.push(Math.min(left + 1, up + 1, corner + (letter === other[at] ? 0 : 1)));
  }
  return row;
}
