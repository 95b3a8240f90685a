import { hasProgram } from '../programs.ts';

export function whyNoStrace(): string | null {
  return hasProgram('strace') ? null : "install Debian's strace";
}

/** The words of a command that kills the process which it traces, and all its threads, inside the `when`th of these system calls. */
export function killingAt(calls: string, when: number): [program: string, ...args: string[]] {
  const inject = ['-e', `trace=${calls}`, '-e', `inject=${calls}:signal=SIGKILL:when=${when}`];
  return ['strace', '-f', '-qq', '-o', '/dev/null', ...inject];
}
