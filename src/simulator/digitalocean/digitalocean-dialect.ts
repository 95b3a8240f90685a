import { type Cloud, hasKey, subjectOf } from '#src/simulator/cloud.ts';
import type { Dialect, Route } from '#src/simulator/dialect.ts';
import type { SimulatedApi } from '#src/simulator/simulated-api.ts';
import { images, regions, sizes } from './catalogue.ts';
import { dropletRoutes } from './droplets.ts';
import { errorAnswer, locked } from './errors.ts';
import { pageAnswer } from './paging.ts';

/** DigitalOcean's API v2. */
export const digitalocean: SimulatedApi = {
  title: 'DigitalOcean',
  basePath: '/digitalocean/v2',
  serves: 'machines',
  open: digitaloceanDialect,
};

function digitaloceanDialect(cloud: Cloud): Dialect {
  const fields = { label: 'name', region: 'region' };
  return {
    routes: [...dropletRoutes(cloud), ...catalogueRoutes, accountRoute],
    unauthorized: (call) => (hasKey(cloud, call) ? null : errorAnswer(401, 'Unable to authenticate you.')),
    subjectOf: (call) => subjectOf(call, cloud.machines.withSerial(cloud.name, Number(call.id)), fields),
    errorAnswer,
    locked,
  };
}

const catalogueRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/regions',
    operation: 'regions',
    act: (call) => pageAnswer({ name: 'regions', items: regions, path: '/regions', bodyOf: (region) => region }, call),
  },
  {
    method: 'get',
    path: '/sizes',
    operation: 'plans',
    act: (call) => pageAnswer({ name: 'sizes', items: sizes, path: '/sizes', bodyOf: (size) => size }, call),
  },
  {
    method: 'get',
    path: '/images',
    operation: 'os',
    act: (call) => pageAnswer({ name: 'images', items: images, path: '/images', bodyOf: (image) => image }, call),
  },
];

const accountRoute: Route = {
  method: 'get',
  path: '/account',
  operation: 'account',
  act: () => ({
    status: 200,
    body: {
      account: {
        droplet_limit: 1000,
        floating_ip_limit: 5,
        email: 'simulator@example.com',
        name: 'Simulated Cloud',
        uuid: 'b6fr89dbf6d9156cace5f3c78dc9851d957381ef',
        email_verified: true,
        status: 'active',
        status_message: '',
        team: { uuid: '5df3e3004a17e242b7c20ca6c9fc25b701a47ece', name: 'My Team' },
      },
    },
  }),
};
