/** A customer who sits at a browser, and the bank behind the card. */
export interface Customer {
  /** Fills in the forms of the shop and of Stripe, and pays. */
  buy(email: string, location: string): Promise<void>;
  /** Presses a button of Stripe's portal. */
  press(portalUrl: string, button: 'pay' | 'cancel-now', subscriptionId: string): Promise<void>;
  /** A new period begins now, and the bank refuses the card. */
  failRenewal(subscriptionId: string): Promise<void>;
}

const timeoutMs = 10_000;
/** The smallest server in the simulated shop. */
const price = 'price_vc21c1gb';

/** A customer of the simulated shop. Each act rejects if the simulator refuses it. */
export function openCustomer(simulatorUrl: string): Customer {
  return {
    buy: async (email, location) => {
      const payPage = await submit(`${simulatorUrl}/stripe/shop`, { price, location, email });
      await submit(payPage, { how: 'paid', card: '4242 4242 4242 4242' });
    },
    press: async (portalUrl, button, subscription) => void (await submit(portalUrl, { subscription, do: button })),
    failRenewal: async (id) => {
      const url = `${simulatorUrl}/_sim/stripe/${id}/fail`;
      const answer = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(timeoutMs) });
      await expectStatus(answer, 200);
    },
  };
}

/** Sends a form. Returns the address of the page that follows. */
async function submit(url: string, fields: Readonly<Record<string, string>>): Promise<string> {
  const signal = AbortSignal.timeout(timeoutMs);
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual', signal });
  await expectStatus(answer, 303);
  return new URL(answer.headers.get('location') ?? '', url).href;
}

async function expectStatus(answer: Response, status: number): Promise<void> {
  const text = await answer.text();
  if (answer.status !== status) throw new Error(`${answer.url} was answered ${answer.status}: ${text}`);
}
