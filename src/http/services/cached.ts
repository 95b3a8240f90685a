/** `ask`, but at most once in `forMs`: callers share its answer, also while it is on its way. A failure is not kept. */
export function cached<T>(forMs: number, ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (answer && now - askedAt < forMs) return answer;
    askedAt = now;
    const asked = ask();
    answer = asked;
    asked.catch(() => {
      if (answer === asked) answer = null;
    });
    return asked;
  };
}
