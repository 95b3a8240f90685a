export type Environment = Readonly<Record<string, string | undefined>>;

/** The shell's variables that every program needs to run, without the service's own settings. */
export function bareEnvironment({ PATH, HOME, TMPDIR, LD_LIBRARY_PATH }: Environment = process.env): Environment {
  return { PATH, HOME, TMPDIR, LD_LIBRARY_PATH };
}
