import { type Cloud, hasKey, subjectOf } from '#src/simulator/cloud.ts';
import type { Answer, Call, Dialect, Operation, Route, Subject } from '#src/simulator/dialect.ts';
import type { SimulatedApi } from '#src/simulator/simulated-api.ts';
import { plans, regions, systems, type VultrPlan } from './catalogue.ts';
import { errorAnswer, locked } from './errors.ts';
import { instanceRoutes } from './instances.ts';
import { pageAnswer } from './paging.ts';

/** The operations that need no key, according to the API document. */
const open: readonly Operation[] = ['regions', 'availability', 'plans', 'os'];

/** Vultr's API v2. */
export const vultr: SimulatedApi = { title: 'Vultr', basePath: '/v2', serves: 'machines', open: vultrDialect };

function vultrDialect(cloud: Cloud): Dialect {
  return {
    routes: [...instanceRoutes(cloud), ...catalogueRoutes, accountRoute],
    unauthorized: (call) => unauthorized(cloud, call),
    subjectOf: (call) => subjectIn(cloud, call),
    errorAnswer,
    locked,
  };
}

const catalogueRoutes: readonly Route[] = [
  { method: 'get', path: '/regions', operation: 'regions', act: ({ query }) => listing('regions', regions, query) },
  { method: 'get', path: '/regions/:id/availability', operation: 'availability', act: availability },
  {
    method: 'get',
    path: '/plans',
    operation: 'plans',
    act: ({ query }) => listing('plans', plansOf(query).map(planBody), query),
  },
  { method: 'get', path: '/os', operation: 'os', act: ({ query }) => listing('os', systems, query) },
];

const accountRoute: Route = {
  method: 'get',
  path: '/account',
  operation: 'account',
  act: () => ({
    status: 200,
    body: {
      account: {
        name: 'Simulated Cloud',
        email: 'simulator@example.com',
        acls: ['subscriptions_view', 'subscriptions', 'provisioning'],
        balance: -100.55,
        pending_charges: 0,
        last_payment_date: '2026-01-01T00:00:00+00:00',
        last_payment_amount: -100.55,
      },
    },
  }),
};

function listing(name: string, items: readonly object[], query: URLSearchParams): Answer {
  const rows = items.map((body, index) => ({ place: index + 1, body }));
  return pageAnswer({ name, items: rows, placeOf: ({ place }) => place, bodyOf: ({ body }) => body }, query);
}

function plansOf(query: URLSearchParams) {
  const type = query.get('type') ?? 'all';
  return plans.filter((plan) => type === 'all' || plan.type === type);
}

function planBody({ ipv6Only, ...body }: VultrPlan) {
  return body;
}

function availability({ id, query }: Call): Answer {
  if (!regions.some((region) => region.id === id)) return errorAnswer(404, 'Invalid region');
  const available = plansOf(query).filter((plan) => plan.locations.includes(id));
  return { status: 200, body: { available_plans: available.map((plan) => plan.id) } };
}

function unauthorized(cloud: Cloud, call: Call): Answer | null {
  return open.includes(call.operation) || hasKey(cloud, call) ? null : errorAnswer(401, 'Invalid API token.');
}

function subjectIn({ machines }: Cloud, call: Call): Subject {
  const id = call.operation === 'availability' ? '' : call.id;
  return subjectOf({ ...call, id }, machines.includingRemoved(id), { label: 'label', region: 'region' });
}
