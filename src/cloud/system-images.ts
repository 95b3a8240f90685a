/** A provider's names or numbers of the images that we support. The user data is proved on these systems. */
export interface SystemImages {
  readonly debian13: string;
  readonly debian12: string;
  readonly ubuntu2404: string;
}

/** The configured image alone; without one, all that we support, the newest first. */
export function imagesFor(
  configured: string | undefined,
  { debian13, debian12, ubuntu2404 }: SystemImages,
): readonly [string, ...string[]] {
  return configured === undefined ? [debian13, debian12, ubuntu2404] : [configured];
}
