/**
 * The promise's value; null when it rejects, or does not resolve within `ms`. After a suspend, answers from before it are
 * handled before timers, so an answer is judged by its age as well.
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
