import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { access } from '#src/http/middleware/access.ts';
import { type ProblemKind, problemKinds, problemType } from '#src/http/problems/problem.ts';
import type { Answer, Route } from '#src/http/route.ts';

const about = `Buys, rebuilds and destroys VPN servers. Commands answer **202** once they are durable; the job in \`Location\` does the work.

Errors are \`application/problem+json\` (RFC 9457) with a \`requestId\`, which the log has too. Bodies are JSON of at most 64 kB; unknown fields are refused.`;

const problem = z
  .object({
    type: z.string().meta({ override: { type: 'string', enum: kinds().map(problemType) } }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string(),
    requestId: z.string(),
    errors: z
      .array(z.object({ in: z.enum(['path', 'query', 'header', 'body']), pointer: z.string(), detail: z.string() }))
      .optional()
      .meta({ description: 'What is wrong where, as JSON Pointers.' }),
    serverStatus: z.string().optional().meta({ description: 'With not-allowed-now: the status of the server.' }),
    allowed: z.array(z.string()).optional().meta({ description: 'With not-allowed-now: what that status allows.' }),
    available: z.record(z.string(), z.array(z.string())).optional().meta({ description: 'With not-offered.' }),
  })
  .meta({ id: 'Problem' });

/** The OpenAPI 3.1 document of these routes, made from the schemas that validate their requests. */
export function openApiOf(routes: readonly Route[], version: string) {
  return createDocument({
    openapi: '3.1.1',
    info: { title: 'GhostiFi provisioning', version, description: about },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths: pathsOf(routes),
  });
}

function kinds(): ProblemKind[] {
  // Object.keys of an object literal gives its own keys.
  return Object.keys(problemKinds) as ProblemKind[];
}

function pathsOf(routes: readonly Route[]): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  return paths;
}

function operationOf(route: Route): ZodOpenApiOperationObject {
  const { params, query, headers, body } = route;
  return {
    operationId: operationId(route),
    summary: route.summary,
    description: [route.description, whoMay(route)].filter(Boolean).join('\n\n'),
    tags: [route.path.split('/')[2] ?? 'operations'],
    ...(route.access === 'anyone' && { security: [] }),
    requestParams: { path: params, query, header: headers },
    ...(Object.keys(body.shape).length > 0 && {
      requestBody: { required: hasRequired(body), content: { 'application/json': { schema: body } } },
    }),
    responses: { ...answersOf(route), ...problemsOf(route) },
  };
}

function operationId({ method, path }: Route): string {
  const words = path.split(/[/.]/).filter((part) => part !== '' && part !== 'v1');
  const name = words.map((word) => (word.startsWith('{') ? 'One' : word.charAt(0).toUpperCase() + word.slice(1)));
  return `${method}${name.join('')}`;
}

function whoMay({ access: needed }: Route): string {
  return needed === 'anyone' ? 'Needs no token.' : `For: ${access[needed].join(', ')}.`;
}

function hasRequired(body: z.ZodObject): boolean {
  return !body.safeParse({}).success;
}

function answersOf({ answers }: Route) {
  return Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)]));
}

function answerOf({ description, body, contentType, headers = {} }: Answer) {
  const shown = Object.entries(headers).map(([name, about]) => [
    name,
    { description: about, schema: { type: 'string' as const } },
  ]);
  const content = body
    ? { 'application/json': { schema: body } }
    : contentType && { [contentType]: schemaOf(contentType) };
  return { description, headers: Object.fromEntries(shown), ...(content && { content }) };
}

/** A picture has none. */
function schemaOf(contentType: string) {
  return contentType.startsWith('text/') ? { schema: { type: 'string' as const } } : {};
}

/** Those that the route names, and those that follow from how it is called. */
function problemsOf(route: Route) {
  const all = new Set<ProblemKind>(['too-many-requests', ...route.problems]);
  if (route.access !== 'anyone') all.add('unauthorized').add('forbidden');
  all.add('invalid-parameters');
  if (route.method !== 'get') {
    all.add('malformed').add('body-too-large').add('unsupported-media-type').add('invalid-body');
  }
  const byStatus = Map.groupBy(all, (kind) => String(problemKinds[kind].status));
  return Object.fromEntries([...byStatus].map(([status, kinds]) => [status, problemAnswer(kinds)]));
}

function problemAnswer(kinds: readonly ProblemKind[]) {
  const description = kinds.map((kind) => `${problemKinds[kind].title} (\`${kind}\`)`).join('; ');
  return { description, content: { 'application/problem+json': { schema: problem } } };
}
