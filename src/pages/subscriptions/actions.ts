import type { Action } from '#src/pages/page.ts';
import { subscriptionPath } from '#src/pages/paths.ts';

export const syncSubscription: Action = {
  path: '/console/subscriptions/:id/sync',
  route: 'POST /v1/subscriptions/{id}/sync',
  perform: async ({ params }, call) => {
    const { id } = await call<{ id: string }>({ params });
    return { message: `Stripe is asked about ${id}. The answer is here in a few seconds.`, next: subscriptionPath(id) };
  },
};

export const releaseSubscription: Action = {
  path: '/console/subscriptions/:id/release',
  route: 'POST /v1/subscriptions/{id}/release',
  perform: async ({ params, field }, call) => {
    const [plan, location] = [field('plan'), field('location')];
    const { id } = await call<{ id: string }>({ params, body: { plan, location } });
    const message = `${id} gets plan ${plan} in ${location}. Its server is ordered in a few seconds.`;
    return { message, next: subscriptionPath(id) };
  },
};

export const subscriptionActions = [syncSubscription, releaseSubscription];
