import type { LinkRight } from '#db/links.ts';
import type { LinkedServer } from '#db/reads/links.ts';
import type { Services } from '#src/http/services/services.ts';
import type { PageApi } from '#src/pages/api/page-api.ts';
import type { UsualTimes } from './usual-times.ts';

/** One request with a link that works. */
export interface Visit extends LinkedServer {
  /** The path of the page, with the token. */
  readonly path: string;
  readonly may: readonly LinkRight[];
  /** With the rights of the link, as `link:<id>`. */
  readonly api: PageApi;
  readonly services: Services;
  readonly usualTimes: UsualTimes;
}
