import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from 'zod-openapi';
import { type ProblemKind, problemKinds, problemType } from '#src/http/problems/problem.ts';
import type { Answer, Route } from '#src/http/route.ts';

const description = `Buys, rebuilds, suspends and destroys VPN servers. A command is answered with **202** once it is stored durably; the job in \`Location\` does the work.

Errors are \`application/problem+json\` (RFC 9457). Their \`requestId\` is also in the log. Request bodies are JSON of at most 64 kB; unknown fields are rejected, and null for an optional field means that it is not given.`;

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
      .meta({ description: 'Each invalid field, as a JSON Pointer, with its error.' }),
    serverStatus: z
      .string()
      .optional()
      .meta({ description: 'With not-allowed-now and device-not-ready: the server’s status.' }),
    allowed: z
      .array(z.string())
      .optional()
      .meta({ description: 'With not-allowed-now: the commands that the status allows.' }),
    available: z
      .record(z.string(), z.array(z.string()))
      .optional()
      .meta({ description: 'With not-offered: the available ids.' }),
  })
  .meta({ id: 'Problem' });

/** The OpenAPI 3.1 document of these routes, made from the schemas that validate their requests. */
export function openApiOf(routes: readonly Route[], version: string) {
  return createDocument({
    openapi: '3.1.1',
    info: { title: 'GhostiFi provisioning', version, description },
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
  const { params, query, headers } = route;
  return {
    operationId: operationId(route),
    summary: route.summary,
    description: [route.description, accessText(route)].filter(Boolean).join('\n\n'),
    tags: [route.path.split('/')[2] ?? 'operations'],
    ...(route.access === 'anyone' && { security: [] }),
    requestParams: { path: params, query, header: headers },
    ...bodyOf(route),
    responses: { ...answersOf(route), ...problemsOf(route) },
  };
}

function operationId({ method, path }: Route): string {
  const parts = path.split(/[/.]/).filter((part) => part !== '' && part !== 'v1');
  const name = parts.map((part) => (part.startsWith('{') ? 'One' : part.charAt(0).toUpperCase() + part.slice(1)));
  return `${method}${name.join('')}`;
}

function accessText({ access: needed }: Route): string {
  return needed === 'anyone' ? 'No token needed.' : `Scope: \`${needed}\`.`;
}

function bodyOf({ body, readsBytes }: Route): Pick<ZodOpenApiOperationObject, 'requestBody'> {
  if (readsBytes) return { requestBody: { required: true, content: { 'application/json': {} } } };
  if (Object.keys(body.shape).length === 0) return {};
  return { requestBody: { required: hasRequired(body), content: { 'application/json': { schema: body } } } };
}

function hasRequired(body: z.ZodObject): boolean {
  return !body.safeParse({}).success;
}

function answersOf({ answers }: Route) {
  return Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)]));
}

function answerOf({ description, body, contentType, headers = {} }: Answer) {
  const documented = Object.entries(headers).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' as const } },
  ]);
  const content = body
    ? { 'application/json': { schema: body } }
    : contentType && { [contentType]: schemaOf(contentType) };
  return { description, headers: Object.fromEntries(documented), ...(content && { content }) };
}

/** Text has a schema; an image has none. */
function schemaOf(contentType: string) {
  return contentType.startsWith('text/') ? { schema: { type: 'string' as const } } : {};
}

/** The problems that the route declares, and those that follow from its access and its method. */
function problemsOf(route: Route) {
  const all = new Set<ProblemKind>(['too-many-requests', ...route.problems]);
  if (route.access !== 'anyone') all.add('unauthorized').add('forbidden');
  all.add('invalid-parameters');
  if (route.method !== 'get' && !route.readsBytes) {
    all.add('malformed').add('body-too-large').add('unsupported-media-type').add('invalid-body');
  }
  const byStatus = Map.groupBy(all, (kind) => String(problemKinds[kind].status));
  return Object.fromEntries([...byStatus].map(([status, kinds]) => [status, problemAnswer(kinds)]));
}

function problemAnswer(kinds: readonly ProblemKind[]) {
  const description = kinds.map((kind) => `${problemKinds[kind].title} (\`${kind}\`)`).join('; ');
  return { description, content: { 'application/problem+json': { schema: problem } } };
}
