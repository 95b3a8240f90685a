/** The usual time between two passes. */
const passMs = 20_000;
/** Multiples of it, without their whole part, are spread evenly; so are those of every second or third pass. */
const goldenRatio = (Math.sqrt(5) - 1) / 2;

/**
 * The items of this pass: `most` of them, from a place that moves with each pass. So what is at the head does not keep
 * the rest from its turn. The time selects the place, so that no process has to store the last one.
 */
export function turnOf<T>(all: readonly T[], most: number, now: Date): readonly T[] {
  const place = (Math.floor(now.getTime() / passMs) * goldenRatio) % 1;
  const from = Math.floor(place * all.length);
  return [...all.slice(from, from + most), ...all.slice(0, from)].slice(0, most);
}
