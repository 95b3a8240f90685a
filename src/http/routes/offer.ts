import { z } from 'zod';
import type { Catalogue } from '#queues/ports/provider.ts';
import { Problem, retryAfter } from '#src/http/problems/problem.ts';
import { reply, route } from '#src/http/route.ts';
import type { Services } from '#src/http/services/services.ts';

const locationShape = z
  .object({ id: z.string(), city: z.string(), country: z.string().meta({ description: 'ISO 3166-1 alpha-2' }) })
  .meta({ id: 'Location' });

const planShape = z
  .object({
    id: z.string(),
    cpus: z.number(),
    memoryMb: z.number(),
    monthlyCost: z.number().meta({ description: 'What the machine costs a month, without VAT' }),
    currency: z.string().meta({ description: 'Of the cost: ISO 4217, as the provider bills it' }),
    locations: z.array(z.string()).meta({ description: 'The locations that have it in stock.' }),
  })
  .meta({ id: 'Plan' });

const locations = route({
  method: 'get',
  path: '/v1/locations',
  access: 'reader',
  summary: 'Where servers can be bought',
  description: 'From the last known catalogue of the provider.',
  answers: { 200: { description: 'Every location', body: z.object({ items: z.array(locationShape) }) } },
  problems: ['not-ready'],
  handle: async (_, services) => {
    const { locations } = await knownCatalogue(services);
    const items = locations.map(({ id, city, country }) => ({ id, city, country }));
    return reply(200, { items });
  },
});

const plans = route({
  method: 'get',
  path: '/v1/plans',
  access: 'reader',
  summary: 'What servers can be bought',
  description: 'From the last known catalogue of the provider.',
  answers: { 200: { description: 'Every plan', body: z.object({ items: z.array(planShape) }) } },
  problems: ['not-ready'],
  handle: async (_, services) => {
    const { plans } = await knownCatalogue(services);
    const items = plans.map(({ id, cpus, memoryMb, monthlyCost, currency, locations }) => ({
      ...{ id, cpus, memoryMb, monthlyCost, currency },
      locations: [...locations],
    }));
    return reply(200, { items });
  },
});

async function knownCatalogue({ catalogue }: Pick<Services, 'catalogue'>): Promise<Catalogue> {
  const offer = await catalogue();
  if (offer) return offer;
  throw new Problem('not-ready', 'No worker has asked the provider what it sells yet.', { headers: retryAfter(10) });
}

export const offerRoutes = [locations, plans];
