/**
 * Calls `read` at most once in `maxAgeMs`. All callers share the result, also while the call is still running. A failed
 * call and the result null are not cached.
 */
export function cached<T>(maxAgeMs: number, read: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | null = null;
  let readAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (result && now - readAt < maxAgeMs) return result;
    readAt = now;
    const latest = read();
    result = latest;
    const forget = () => {
      if (result === latest) result = null;
    };
    latest.then((value) => value === null && forget(), forget);
    return latest;
  };
}
