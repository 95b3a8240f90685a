/** Keeps answers for a short time, in a limited number, and lets callers who ask at once share one. */
export interface Recent<T> {
  of(id: string): Promise<T>;
  clear(): void;
}

interface RecentOptions<T> {
  readonly maxAgeMs: number;
  readonly max: number;
  readonly read: (id: string) => Promise<T>;
  /** In ms, monotonic. */
  readonly clock: () => number;
}

/** An answer's age counts from before its read, so that no change is missed for longer than `maxAgeMs`. */
export function createRecent<T>({ maxAgeMs, max, read, clock }: RecentOptions<T>): Recent<T> {
  const answers = new Map<string, { readonly askedAt: number; readonly answer: Promise<T> }>();
  const ask = (id: string) => {
    const asked = { askedAt: clock(), answer: read(id) };
    answers.delete(id);
    answers.set(id, asked);
    for (const oldest of answers.keys()) {
      if (answers.size <= max) break;
      answers.delete(oldest);
    }
    asked.answer.catch(() => {
      if (answers.get(id) === asked) answers.delete(id);
    });
    return asked.answer;
  };
  return {
    of: (id) => {
      const earlier = answers.get(id);
      return earlier && clock() - earlier.askedAt < maxAgeMs ? earlier.answer : ask(id);
    },
    clear: () => answers.clear(),
  };
}
