import { type Cloud, hasKey } from '#src/simulator/cloud.ts';
import type { Call, Dialect } from '#src/simulator/dialect.ts';
import type { SimulatedApi } from '#src/simulator/simulated-api.ts';
import { errorAnswer } from './errors.ts';
import { stockShop } from './offer.ts';
import { passTime } from './passing-time.ts';
import { readRoutes } from './read-routes.ts';
import { writeRoutes } from './write-routes.ts';

/** Stripe's API, below a base path that includes neither `/v1` nor `/v2`. */
export const stripe: SimulatedApi = {
  title: 'Stripe',
  basePath: '/stripe',
  serves: 'payments',
  open: stripeDialect,
};

function stripeDialect(cloud: Cloud): Dialect {
  const { payments: book } = cloud.machines;
  stockShop(book, cloud.behaviour.shop ?? 'vultr');
  const pageUrl = ({ base }: Call) => base;
  return {
    routes: [...readRoutes(book), ...writeRoutes(book, pageUrl)].map((route) => ({
      ...route,
      act: async (call, made) => {
        passTime(book);
        return route.act(call, made);
      },
    })),
    unauthorized: (call) => (hasKey(cloud, call) ? null : errorAnswer(401, 'Invalid API Key provided.')),
    subjectOf: ({ id }) => ({ machineId: null, label: id || null, region: null }),
    errorAnswer,
    locked: () => errorAnswer(409, 'This object cannot be accessed right now.'),
  };
}
