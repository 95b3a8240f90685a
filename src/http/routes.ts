import type { Route } from './route.ts';
import { alertRoutes } from './routes/alerts.ts';
import { checkoutRoutes } from './routes/checkouts.ts';
import { customerRoutes } from './routes/customers.ts';
import { deliveryRoutes } from './routes/deliveries.ts';
import { deviceRoutes } from './routes/devices.ts';
import { eventRoutes } from './routes/events.ts';
import { figureRoutes } from './routes/figures.ts';
import { healthRoutes } from './routes/health.ts';
import { historyRoutes } from './routes/history.ts';
import { jobEventRoutes } from './routes/job-events.ts';
import { jobRoutes } from './routes/jobs.ts';
import { keyRoutes } from './routes/keys.ts';
import { linkRoutes } from './routes/links.ts';
import { machineRoutes } from './routes/machines.ts';
import { offerRoutes } from './routes/offer.ts';
import { orderingRoutes } from './routes/ordering.ts';
import { purchaseRoutes } from './routes/purchases.ts';
import { queueRoutes } from './routes/queue.ts';
import { saleRoutes } from './routes/sale.ts';
import { scheduleRoutes } from './routes/schedules.ts';
import { serverRoutes } from './routes/servers.ts';
import { settingsRoutes } from './routes/settings.ts';
import { statementRoutes } from './routes/statements.ts';
import { stripeRoutes } from './routes/stripe.ts';
import { subscriptionRoutes } from './routes/subscriptions.ts';
import { suspensionRoutes } from './routes/suspension.ts';
import { vpnRoutes } from './routes/vpn.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { whyRoutes } from './routes/why.ts';
import { workerRoutes } from './routes/workers.ts';

/** All routes of the API, in the order of the documentation. */
export const routes: readonly Route[] = [
  ...purchaseRoutes,
  ...serverRoutes,
  ...suspensionRoutes,
  ...scheduleRoutes,
  ...vpnRoutes,
  ...deviceRoutes,
  ...linkRoutes,
  ...customerRoutes,
  ...historyRoutes,
  ...jobRoutes,
  ...jobEventRoutes,
  ...checkoutRoutes,
  ...subscriptionRoutes,
  ...stripeRoutes,
  ...offerRoutes,
  ...alertRoutes,
  ...eventRoutes,
  ...whyRoutes,
  ...webhookRoutes,
  ...deliveryRoutes,
  ...statementRoutes,
  ...keyRoutes,
  ...saleRoutes,
  ...queueRoutes,
  ...orderingRoutes,
  ...machineRoutes,
  ...settingsRoutes,
  ...figureRoutes,
  ...workerRoutes,
  ...healthRoutes,
];
