/**
 * The promise's value; null if it rejects, or does not resolve within `ms`. The age of the answer is checked as well:
 * after a suspend, Node handles old replies before it runs timers.
 */
export function answerWithin<T>(ms: number, answer: Promise<T>): Promise<T | null> {
  const askedAt = performance.now();
  const { promise, resolve } = Promise.withResolvers<T | null>();
  const timer = setTimeout(resolve, ms, null);
  answer.then(
    (value) => resolve(performance.now() - askedAt < ms ? value : null),
    () => resolve(null),
  );
  return promise.finally(() => clearTimeout(timer));
}
