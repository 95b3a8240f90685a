import { expect, it } from 'vitest';
import type { Route } from '#src/simulator/dialect.ts';
import { routeTable } from '#src/simulator/route-table.ts';

const route = (method: Route['method'], path: string): Route => {
  return { method, path, operation: 'get', act: () => ({ status: 200 }) };
};
const routes = [route('get', '/things'), route('get', '/things/:id'), route('put', '/zones/:parent/records/:id')];
const matching = routeTable(routes);

it.each([
  ['GET', '/things', 0, '', ''],
  ['GET', '/things/', 0, '', ''],
  ['GET', '/things/7', 1, '7', ''],
  ['GET', '/things/a%2Fb', 1, 'a/b', ''],
  ['GET', '/things/%zz', 1, '%zz', ''],
  ['PUT', '/zones/z/records/r', 2, 'r', 'z'],
] as const)('%s %s has its route and ids', (method, path, index, id, parent) => {
  expect(matching(method, path)).toEqual({ route: routes[index], id, parent });
});

it.each([
  ['POST', '/things'],
  ['GET', ''],
  ['GET', '/'],
  ['GET', '/thing'],
  ['GET', '/things//'],
  ['GET', '/things/7/more'],
])('%s %s has no route', (method, path) => {
  expect(matching(method, path)).toBeNull();
});
