import { hasProgram } from '../programs.ts';

export function whyNoStrace(): string | null {
  return hasProgram('strace') ? null : "install Debian's strace";
}

/** A command that traces a process and kills it, with all threads, inside the `when`th of these system calls. */
export function killingAt(calls: string, when: number): [program: string, ...args: string[]] {
  const inject = ['-e', `trace=${calls}`, '-e', `inject=${calls}:signal=SIGKILL:when=${when}`];
  return ['strace', '-f', '-qq', '-o', '/dev/null', ...inject];
}

/** A command that traces a process and fails these system calls with EIO, in all threads. */
export function failingAt(calls: string): [program: string, ...args: string[]] {
  return ['strace', '-f', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', `inject=${calls}:error=EIO`];
}
