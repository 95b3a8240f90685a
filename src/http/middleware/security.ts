import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { RequestHandler } from 'express';
import helmet, { type HelmetOptions } from 'helmet';

/**
 * Headers for data: a browser must not load or run anything from it, and nothing may store it. The headers that only
 * change how a browser shows a page are left out.
 */
export function dataSecurity(): RequestHandler {
  return setAlways([
    ...helmetHeaders({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      },
      // For browsers without support for frame-ancestors.
      xFrameOptions: { action: 'deny' },
      // The proxy that terminates TLS sets this header; browsers ignore it over plain HTTP.
      strictTransportSecurity: false,
      crossOriginOpenerPolicy: false,
      originAgentCluster: false,
      xDnsPrefetchControl: false,
      xDownloadOptions: false,
      xPermittedCrossDomainPolicies: false,
      xXssProtection: false,
    }),
    ['Cache-Control', 'no-store'],
  ]);
}

/**
 * Security headers for our own pages: same-origin resources only, no framing, no inline scripts. Inline styles are
 * allowed, since Bull Board and Swagger UI use them.
 */
export function pageSecurity(): RequestHandler {
  return setAlways(
    helmetHeaders({
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
    }),
  );
}

/**
 * Security headers for pages that hold customers' data: nothing inline, no evaluated text, no other origin, and nothing
 * is stored.
 */
export function strictPageSecurity(): RequestHandler {
  return setAlways([
    ...helmetHeaders({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          scriptSrc: ["'self'"],
          styleSrc: ["'self'"],
          imgSrc: ["'self'"],
          connectSrc: ["'self'"],
          baseUri: ["'none'"],
          formAction: ["'self'"],
          frameAncestors: ["'none'"],
        },
      },
      xFrameOptions: { action: 'deny' },
      // With no-referrer, browsers send `Origin: null` with our own forms, and the same-site check would reject them.
      referrerPolicy: { policy: 'same-origin' },
      strictTransportSecurity: false,
    }),
    ['Cache-Control', 'no-store'],
  ]);
}

type Header = readonly [name: string, value: string];

function setAlways(headers: readonly Header[]): RequestHandler {
  return (_request, response, next) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    next();
  };
}

/** The headers that helmet sets with these options. They are the same for every answer, so helmet runs once. */
function helmetHeaders(options: HelmetOptions): Header[] {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  let failure: unknown;
  helmet(options)(response.req, response, (error) => {
    failure = error;
  });
  if (failure) throw failure;
  return response.getHeaderNames().map((name) => [name, String(response.getHeader(name))]);
}
