import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** Security headers for data: a browser must not load or run anything from it. */
export function dataSecurity(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    // For browsers without support for frame-ancestors.
    xFrameOptions: { action: 'deny' },
    // The proxy that terminates TLS sets this header; browsers ignore it over plain HTTP.
    strictTransportSecurity: false,
  });
}

/**
 * Security headers for our own pages: same-origin resources only, no framing, no inline scripts. Inline styles are
 * allowed, since Bull Board and Swagger UI use them.
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
    // With no-referrer, browsers send `Origin: null` with our own forms, and the same-site check would reject them.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: false,
  });
}
