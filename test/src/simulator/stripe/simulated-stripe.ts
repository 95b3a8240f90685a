import { onTestFinished } from 'vitest';
import type { Payments } from '#queues/ports/payments.ts';
import { createStripe } from '#src/payments/stripe/stripe.ts';
import type { SimulatorOptions } from '#src/simulator/options.ts';
import { startSimulator } from '#src/simulator/start-simulator.ts';

export interface SimulatedStripe {
  readonly url: string;
  readonly payments: Payments;
  /** A call of the control API; returns its answer. */
  control(path: string, body?: object): Promise<unknown>;
  /** The customer opens the checkout and confirms it. Returns the id of the subscription. */
  buy(metadata?: Readonly<Record<string, string>>, how?: string): Promise<string>;
}

export const signal = new AbortController().signal;

/** A simulator whose Stripe is asked through the product's driver. It is closed at the end of the test. */
export async function simulatedStripe(options: Partial<SimulatorOptions> = {}): Promise<SimulatedStripe> {
  const simulator = await startSimulator({
    host: '127.0.0.1',
    port: 0,
    dataFile: null,
    bootMs: 0,
    bootJitter: 0,
    vpnMs: 0,
    createMs: 0,
    lockMs: 0,
    apiKeys: ['rk_test_simulator'],
    ...options,
  });
  onTestFinished(() => simulator.close());
  const url = simulator.apiUrl('stripe');
  const payments = createStripe({ apiKey: 'rk_test_simulator', apiUrl: url });
  const buy: SimulatedStripe['buy'] = async (metadata = {}, how = 'paid') => {
    const order = { priceId: 'price_vc21c1gb', customer: 'alice', email: 'alice@example.com', metadata };
    const pages = { successUrl: `${url}/shop`, cancelUrl: `${url}/shop` };
    const { id } = await payments.createCheckout({ ...order, ...pages }, crypto.randomUUID(), signal);
    await fetch(`${url}/pay/${id}`, { method: 'POST', body: new URLSearchParams({ how }), redirect: 'manual' });
    const [newest = ''] = (await payments.subscriptions(null, signal)).ids;
    return newest;
  };
  const control: SimulatedStripe['control'] = async (path, body = {}) => {
    const answer = await fetch(`${simulator.controlUrl}/stripe/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  };
  return { url, payments, control, buy };
}
