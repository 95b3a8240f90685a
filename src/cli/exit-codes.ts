/** The exit codes of the program. Scripts may rely on them. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  notAllowed: 4,
  conflict: 5,
  unavailable: 6,
  interrupted: 130,
} as const;
export type ExitName = keyof typeof exitCodes;
