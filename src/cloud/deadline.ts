/** A signal that aborts at a deadline, and before it with the caller's signal where one is given. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Whether it was the deadline that ended the call. */
  passed(): boolean;
  /** Lets go of the timer and of the caller's signal; call it in every case. */
  release(): void;
}

export function startDeadline(ms: number, caller?: AbortSignal): Deadline {
  const controller = new AbortController();
  let passed = false;
  const timer = setTimeout(() => {
    passed = true;
    controller.abort(new Error(`timed out after ${ms} ms`));
  }, ms);
  const onAbort = () => controller.abort(caller?.reason);
  caller?.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    passed: () => passed,
    release() {
      clearTimeout(timer);
      caller?.removeEventListener('abort', onAbort);
    },
  };
}
