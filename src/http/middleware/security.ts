import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** For answers that are data: nothing in them may load or run anything, whoever shows them. */
export function dataSecurity(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    // Says the same to browsers that do not know frame-ancestors.
    xFrameOptions: { action: 'deny' },
    // Said by whoever ends TLS in front of us; over plain HTTP it means nothing.
    strictTransportSecurity: false,
  });
}

/**
 * For our own pages: everything comes from here, nobody frames them, and no script is inline. Styles may be, since the
 * dashboard and the API's documentation set them.
 */
export function pageSecurity(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    // With no-referrer a browser sends `Origin: null` with our own forms, which then could not be told from others'.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: false,
  });
}
