/** null: it failed, or took longer than `ms`; either way there is no answer. */
export async function withinTime<T>(attempt: Promise<T>, ms: number): Promise<T | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const timer = setTimeout(resolve, ms, null);
  return Promise.race([attempt.catch(() => null), late]).finally(() => clearTimeout(timer));
}
