import express, { type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import type { Book } from './book.ts';
import { cancelAt, cancelNow, changePrice, recover } from './life.ts';
import { bankPage, messagePage, payPage, portalPage, shopPage } from './pages.ts';
import { openCheckout } from './sessions.ts';
import type { Session, Subscription } from './shapes.ts';
import { subscribe } from './subscribe.ts';

const purchaseSchema = z.object({ price: z.string(), location: z.string(), email: z.email() });
const declinedCard = /^4000 ?0000 ?0000 ?0002$/;

/** The pages that people see in a browser, with forms and without JavaScript. */
export function pageRouter(book: Book): Router {
  const router = express.Router();
  router.use((_request, response, next) => {
    response.set(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' http: https:",
    );
    next();
  });
  router.get('/shop', (_request, response) => void response.type('html').send(shopPage(book)));
  router.post('/shop', async (request, response) => buy(book, request, response));
  router.get(
    '/pay/:id',
    withSession(book, (session, _request, response) => response.send(payPage(book, session))),
  );
  router.post(
    '/pay/:id',
    withSession(book, (session, request, response) => confirm(book, session, { request, response })),
  );
  router.post(
    '/pay/:id/bank',
    withSession(book, (session, request, response) => answerBank(book, session, { request, response })),
  );
  router.get('/portal/:id', (request, response) => {
    const session = book.get('billing_portal.session', request.params.id);
    response
      .type('html')
      .send(session ? portalPage(book, session) : messagePage('Not found', 'There is no such page.'));
  });
  router.post('/portal/:id', async (request, response) => changeInPortal(book, request, response));
  return router;
}

interface Exchange {
  readonly request: Request;
  readonly response: Response;
}

async function buy(book: Book, request: Request, response: Response): Promise<void> {
  const order = purchaseSchema.safeParse(request.body);
  const shop = `${request.protocol}://${request.get('host')}${request.baseUrl}`;
  if (!order.success)
    return void response.status(422).type('html').send(messagePage('Not sold', 'Fill in every field.'));
  const { price, location, email } = order.data;
  const checkout = {
    mode: 'subscription' as const,
    line_items: [{ price, quantity: 1 }],
    success_url: `${shop}/shop`,
    cancel_url: `${shop}/shop`,
    client_reference_id: email,
    customer_email: email,
    metadata: {},
    subscription_data: { metadata: { ghostifi_location: location, ghostifi_customer: email } },
  };
  const { status, body } = openCheckout(book, checkout, shop);
  await book.flush();
  if (status === 200) return response.redirect(303, (body as Session).url ?? '/stripe/shop');
  response.status(404).type('html').send(messagePage('Not sold', 'There is no such price.'));
}

function withSession(book: Book, act: (session: Session, request: Request, response: Response) => unknown) {
  return async (request: Request, response: Response) => {
    const session = book.get('checkout.session', String(request.params.id));
    response.type('html');
    if (session === null) return void response.status(404).send(messagePage('Not found', 'There is no such checkout.'));
    await act(session, request, response);
  };
}

async function confirm(book: Book, session: Session, { request, response }: Exchange): Promise<void> {
  const { how = '', card = '' } = request.body as Record<string, string>;
  if (how === 'cancel') return response.redirect(303, session.cancel_url ?? '/stripe/shop');
  if (session.status !== 'open') return void response.send(payPage(book, session));
  if (how === 'declined' || declinedCard.test(card)) {
    return void response
      .status(402)
      .send(messagePage('Declined', 'The bank declined the payment. Go back and use another card.'));
  }
  subscribe(book, session, how === 'later' || how === 'bank' ? how : 'paid');
  await book.flush();
  if (how === 'bank') return void response.send(bankPage(session));
  response.redirect(303, session.success_url?.replace('{CHECKOUT_SESSION_ID}', session.id) ?? '/stripe/shop');
}

async function answerBank(book: Book, session: Session, { request, response }: Exchange): Promise<void> {
  const { how = '' } = request.body as Record<string, string>;
  const subscription = session.subscription === null ? null : book.get('subscription', session.subscription);
  if (subscription?.status !== 'incomplete')
    return void response.send(messagePage('Done', 'There is nothing to confirm.'));
  if (how === 'refuse')
    return void response.send(messagePage('Refused', 'Nothing was paid. The order ends within a day.'));
  recover(book, subscription);
  book.emit('checkout.session.completed', book.put<Session>({ ...session, payment_status: 'paid' }));
  await book.flush();
  response.redirect(303, session.success_url ?? '/stripe/shop');
}

const portalActs: Readonly<Record<string, (book: Book, subscription: Subscription, price: string) => void>> = {
  'cancel-now': (book, subscription) => cancelNow(book, subscription),
  'cancel-at-end': (book, subscription) =>
    cancelAt(book, subscription, subscription.items.data[0]?.current_period_end ?? null),
  undo: (book, subscription) => cancelAt(book, subscription, null),
  pay: (book, subscription) => recover(book, subscription),
  change: (book, subscription, price) => changePrice(book, subscription, price),
};

async function changeInPortal(book: Book, request: Request, response: Response): Promise<void> {
  const fields = request.body as Record<string, string>;
  const portal = book.get('billing_portal.session', String(request.params.id));
  const subscription = book.get('subscription', fields.subscription ?? '');
  const act = portalActs[fields.do ?? ''];
  const price = fields.price ?? '';
  if (
    portal === null ||
    subscription?.customer !== portal.customer ||
    act === undefined ||
    subscription.status === 'canceled'
  ) {
    return void response
      .status(404)
      .type('html')
      .send(messagePage('Not possible', 'This subscription cannot be changed.'));
  }
  act(book, subscription, price);
  await book.flush();
  response.redirect(303, request.originalUrl);
}
