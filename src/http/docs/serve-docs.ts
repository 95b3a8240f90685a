import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import type { Express } from 'express';
import { pageSecurity } from '#src/http/middleware/security.ts';
import type { Route } from '#src/http/route.ts';
import type { Services } from '#src/http/services/services.ts';
import { withExamples } from './examples.ts';
import { openApiOf } from './openapi.ts';

const require = createRequire(import.meta.url);
const files = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

const pageHtml = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>GhostiFi provisioning API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/show.js"></script>
</body>
</html>
`;

const showJs = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null });
`;

export interface Docs extends Pick<Services, 'catalogue'> {
  readonly routes: readonly Route[];
  readonly version: string;
}

/** Serves the OpenAPI document and a page that displays it. The page loads nothing from other origins. */
export function serveDocs(app: Express, { routes, version, catalogue }: Docs): void {
  const document = JSON.stringify(openApiOf(routes, version));
  const folder = dirname(require.resolve('swagger-ui-dist/package.json'));
  app.get('/openapi.json', async (_request, response) => {
    // The document does not depend on the database.
    const offer = await catalogue().catch(() => null);
    response.type('application/json').send(offer ? withExamples(document, offer) : document);
  });
  // Browsers request it with every page and JSON document. Without this route each request would log a 404.
  app.get('/favicon.ico', (_request, response) => void response.status(204).end());
  app.use('/docs', pageSecurity());
  app.get('/docs', (_request, response) => void response.type('html').send(pageHtml));
  app.get('/docs/show.js', (_request, response) => void response.type('text/javascript').send(showJs));
  // From memory: nothing is left open if a client stops reading.
  for (const file of files) {
    const content = readFileSync(join(folder, file));
    app.get(`/docs/${file}`, (_request, response) => {
      response.type(extname(file)).set('Cache-Control', 'public, max-age=3600').send(content);
    });
  }
}
