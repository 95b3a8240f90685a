import type { Database } from '#db/database.ts';
import {
  type DeliveryFilter,
  readDeliveries,
  readDelivery,
  readDueDeliveries,
  readEndpoint,
  readEndpoints,
  readOpenDeliveries,
} from '#db/reads/news.ts';
import { readNewsBacklog } from '#db/reads/news-backlog.ts';
import type { Context, Steps } from '#db/steps.ts';
import { type AlertFacts, announceAlerts } from '#db/transactions/news/alert-news.ts';
import {
  beginReplay,
  cancelDeliveries,
  forgetDeliveries,
  type Replay,
  replayEvents,
  retryDelivery,
} from '#db/transactions/news/deliveries.ts';
import {
  addEndpoint,
  changeEndpoint,
  deleteEndpoint,
  type EndpointChange,
  type EndpointSecrets,
  type NewEndpoint,
  type Rotation,
  resealEndpoint,
  rotateEndpoint,
  testEndpoint,
} from '#db/transactions/news/endpoints.ts';
import { type DeliveryEnd, settleDelivery } from '#db/transactions/news/settle.ts';
import type { Actor } from '#db/transactions/request.ts';
import { recordBusyTimeoutMs } from './busy-timeouts.ts';
import type { Run, Runs } from './run.ts';

const rowsPerPage = 1_000;
const eventsPerPage = 300;

/** Webhooks: where news goes, and each delivery of it. */
export function news(database: Database, { read, accept, upkeep }: Runs) {
  /** Runs pages until one is not full. A preview rolls each page back, and runs one. */
  const eachPage = async (name: string, page: (context: Context, limit: number) => Steps<number>) => {
    while ((await upkeep(name, (context) => page(context, rowsPerPage))) === rowsPerPage && !database.isPreview);
  };
  const cancelAll = () => eachPage('cancel deliveries', cancelDeliveries);
  return {
    ...newsReads(read),
    ...replays(accept),
    addEndpoint: (endpoint: NewEndpoint, actor: Actor) =>
      accept('add endpoint', (context) => addEndpoint(context, endpoint, actor)),
    /** Deliveries that wait at an endpoint that is off are cancelled, page by page. */
    changeEndpoint: async (id: string, change: EndpointChange, actor: Actor) => {
      if (change.state === 'on') await cancelAll();
      const changed = await accept('change endpoint', (context) => changeEndpoint(context, id, { change, actor }));
      if (changed.state === 'off') await cancelAll();
      return changed;
    },
    deleteEndpoint: async (id: string, actor: Actor) => {
      await accept('delete endpoint', (context) => deleteEndpoint(context, id, actor));
      await eachPage('forget deliveries', (context, limit) => forgetDeliveries(context, id, limit));
    },
    rotateEndpoint: (rotation: Rotation, actor: Actor) =>
      accept('rotate endpoint', (context) => rotateEndpoint(context, rotation, actor)),
    resealEndpoint: (from: EndpointSecrets, to: EndpointSecrets) =>
      upkeep('reseal endpoint', (context) => resealEndpoint(context, from, to)),
    testEndpoint: (id: string, actor: Actor) => accept('test endpoint', (context) => testEndpoint(context, id, actor)),
    announceAlerts: (alerts: readonly AlertFacts[], now: Date) =>
      upkeep('announce alerts', (context) => announceAlerts(context, alerts, now)),
    retryDelivery: (id: string, actor: Actor) =>
      accept('retry delivery', (context) => retryDelivery(context, id, actor)),
    settleDelivery: (ending: DeliveryEnd) =>
      database.transact('settle delivery', (context) => settleDelivery(context, ending), {
        busyTimeoutMs: recordBusyTimeoutMs,
      }),
  };
}

function newsReads(read: Run) {
  return {
    readEndpoints: () => read('endpoints', readEndpoints),
    readEndpoint: (id: string) => read('endpoint', (context) => readEndpoint(context, id)),
    readDeliveries: (filter: DeliveryFilter) => read('deliveries', (context) => readDeliveries(context, filter)),
    readDelivery: (id: string) => read('delivery', (context) => readDelivery(context, id)),
    readNewsBacklog: () => read('news backlog', readNewsBacklog),
    readDueDeliveries: (now: Date) => read('due deliveries', (context) => readDueDeliveries(context, now)),
    readOpenDeliveries: (ids: readonly string[]) =>
      read('open deliveries', (context) => readOpenDeliveries(context, ids)),
  };
}

function replays(accept: Run) {
  return {
    /** One transaction per 300 events. Returns how many deliveries are due because of it. */
    replay: async (replay: Replay, actor: Actor) => {
      const range = await accept('begin replay', (context) => beginReplay(context, replay, actor));
      let count = 0;
      for (let { after } = range; after < range.last; after += eventsPerPage) {
        const page = { ...replay, after, last: Math.min(after + eventsPerPage, range.last), now: actor.now };
        count += await accept('replay', (context) => replayEvents(context, page));
      }
      return count;
    },
  };
}
