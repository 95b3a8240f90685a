import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openApiOf } from '#src/http/docs/openapi.ts';
import { routes } from '#src/http/routes.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const document = openApiOf(routes, '1.2.3');
const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;
const operations = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
  methods.flatMap((method) => {
    const operation = item[method];
    return operation ? [{ path, method, operation }] : [];
  }),
);

test('every route is documented, and nothing else', () => {
  const documented = operations.map(({ method, path }) => `${method} ${path}`);
  expect(documented.toSorted()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).toSorted());
});

test('the document is served unchanged', async () => {
  const { status, body } = await api.call('GET', '/openapi.json', { as: 'nobody' });
  expect(status).toBe(200);
  expect(body.openapi).toMatch(/^3\.1\./);
  expect(body.paths).toEqual(JSON.parse(JSON.stringify(document.paths)));
});

test('its examples of orders are those that the configured cloud can fill', async () => {
  const plan = { id: 'cx23', cpus: 2, memoryMb: 4096, monthlyCost: 3.99, currency: 'EUR', locations: ['fsn1'] };
  api.surroundings.catalogue = { locations: [], plans: [plan] };
  const { schemas } = (await api.call('GET', '/openapi.json', { as: 'nobody' })).body.components;
  api.surroundings.catalogue = null;
  expect(schemas.PurchaseOrder.properties).toMatchObject({ location: { example: 'fsn1' }, plan: { example: 'cx23' } });
  expect(schemas.RebuildOrder.properties).toMatchObject({ location: { example: 'fsn1' }, plan: { example: 'cx23' } });
});

describe.each(operations)('$method $path', ({ path, operation }) => {
  test('names each part of its path as a parameter, and has a unique name', () => {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const parameters = (operation.parameters ?? []).filter((parameter) => 'in' in parameter);
    expect(parameters.filter(({ in: where }) => where === 'path').map(({ name }) => name)).toEqual(inPath);
    for (const { in: where, required } of parameters) if (where === 'path') expect(required).toBe(true);
    const named = operations.filter((other) => other.operation.operationId === operation.operationId);
    expect(named).toHaveLength(1);
  });

  test('describes each answer', () => {
    const responses = Object.entries(operation.responses ?? {});
    expect(responses.some(([status]) => status.startsWith('2'))).toBe(true);
    for (const [status, response] of responses) {
      expect(response.description, status).toBeTruthy();
      const types = Object.keys('content' in response ? (response.content ?? {}) : {});
      if (status.startsWith('4')) expect(types, status).toEqual(['application/problem+json']);
    }
  });
});

test('every reference has a target', () => {
  const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g);
  const known = Object.keys(document.components?.schemas ?? {});
  for (const [, name] of references) expect(known).toContain(name);
});

test('answers match the schemas of the document', async () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema({ $id: 'doc', ...JSON.parse(JSON.stringify(document)) });
  const { serverId, jobId } = await api.buy();
  const holds = (schema: string, value: unknown) => {
    const validate = ajv.getSchema(`doc#/components/schemas/${schema}`);
    expect(validate, schema).toBeDefined();
    expect(validate?.(value) || validate?.errors).toBe(true);
  };
  holds('ServerInFull', (await api.call('GET', `/v1/servers/${serverId}`)).body);
  holds('Job', (await api.call('GET', `/v1/jobs/${jobId}`)).body);
  holds('Commanded', (await api.call('DELETE', `/v1/servers/${serverId}`)).body);
  holds('Problem', (await api.call('POST', `/v1/jobs/${jobId}/retry`)).body);
  holds('Problem', (await api.call('POST', '/v1/purchases', { body: {} })).body);
  holds('Readiness', (await api.call('GET', '/readyz')).body);
});

test('the docs page and everything that it loads come from the API', async () => {
  const page = await api.call('GET', '/docs', { as: 'nobody' });
  expect([page.status, page.headers.get('content-security-policy')]).toEqual([
    200,
    expect.stringContaining("script-src 'self';"),
  ]);
  expect(page.text).not.toMatch(/https?:\/\/|<script>/);
  const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
  expect(loaded).toHaveLength(4);
  for (const path of loaded) expect((await api.call('GET', path, { as: 'nobody' })).status, path).toBe(200);
});

test('the key that the page suggests is not the one of the README, whose order is another', () => {
  const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8');
  const inReadme = [...readme.matchAll(/Idempotency-Key: ([\w-]+)/g)].map(([, key]) => key);
  const suggested = JSON.stringify(document.paths?.['/v1/purchases']?.post?.parameters);
  expect(inReadme).not.toHaveLength(0);
  for (const key of inReadme) expect(suggested).not.toContain(`"example":"${key}"`);
  expect(suggested).toContain('"example":"docs-1"');
});
