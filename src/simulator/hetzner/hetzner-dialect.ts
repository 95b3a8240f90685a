import { type Cloud, hasKey, subjectOf } from '#src/simulator/cloud.ts';
import type { Call, Dialect, Route } from '#src/simulator/dialect.ts';
import type { SimulatedApi } from '#src/simulator/simulated-api.ts';
import { images, locations, pricing, serverTypes } from './catalogue.ts';
import { errorAnswer, locked } from './errors.ts';
import { firewallRoutes } from './firewalls.ts';
import { pageAnswer } from './paging.ts';
import { serverRoutes } from './servers.ts';

/** Hetzner Cloud's API v1; the whole simulated cloud is one project. */
export const hetzner: SimulatedApi = {
  title: 'Hetzner Cloud',
  basePath: '/hetzner/v1',
  serves: 'machines',
  open: hetznerDialect,
};

function hetznerDialect(cloud: Cloud): Dialect {
  const fields = { label: 'name', region: 'location' };
  return {
    routes: [...serverRoutes(cloud), ...firewallRoutes(cloud), ...catalogueRoutes],
    unauthorized: (call) => (hasKey(cloud, call) ? null : errorAnswer(401, 'unable to authenticate')),
    subjectOf: (call) => subjectOf(call, cloud.machines.withSerial(cloud.name, Number(call.id)), fields),
    errorAnswer,
    locked,
  };
}

const catalogueRoutes: readonly Route[] = [
  { method: 'get', path: '/locations', operation: 'regions', act: (call) => listing('locations', locations, call) },
  {
    method: 'get',
    path: '/server_types',
    operation: 'plans',
    act: (call) => listing('server_types', serverTypes, call),
  },
  { method: 'get', path: '/images', operation: 'os', act: (call) => listing('images', imagesFor(call), call) },
  { method: 'get', path: '/pricing', operation: 'plans', act: () => ({ status: 200, body: { pricing } }) },
];

function imagesFor({ query }: Call) {
  return images.filter(({ deprecated }) => deprecated === null || query.get('include_deprecated') === 'true');
}

function listing(name: string, items: readonly { readonly name: string }[], call: Call) {
  const wanted = call.query.get('name');
  const named = items.filter((item) => wanted === null || item.name === wanted);
  return pageAnswer({ name, items: named, bodyOf: (item) => item }, call);
}
