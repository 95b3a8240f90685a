/** A signal that aborts at a deadline, or earlier together with the caller's signal. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Whether the deadline ended the call. */
  passed(): boolean;
  /** Clears the timer and the listener on the caller's signal; call it in every case. */
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
