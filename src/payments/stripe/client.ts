import { Agent } from 'node:https';
import type Stripe from 'stripe';
import { type ObserveCall, observeCall, operationOf } from '#src/outgoing/observed-fetch.ts';
import { noProxy, type ProxySettings, proxyEnvironment } from '#src/outgoing/proxy.ts';

export type HttpClient = NonNullable<Stripe.StripeConfig['httpClient']>;

export interface StripeOptions {
  /** `rk_…` or `sk_…` */
  readonly apiKey: string;
  /** The base address: Stripe's own, or the simulator's with its path. */
  readonly apiUrl: string;
  /** The way to an https address. Not given: no proxy. */
  readonly proxy?: ProxySettings;
  /** Sends the requests. Not given: Node. */
  readonly httpClient?: HttpClient;
  /** Names the calling process in the User-Agent. */
  readonly instance?: string;
  /** Gets each call that has ended. */
  readonly observe?: ObserveCall | undefined;
}

const timeoutMs = 10_000;

/**
 * The SDK for one account. It is loaded here, and only here, because its import takes 0.4 s and 37 MB. It makes no
 * retries of its own, since jobs are retried, and sends no telemetry.
 */
export async function openStripe({
  apiKey,
  apiUrl,
  proxy = noProxy,
  httpClient,
  instance,
  observe = () => undefined,
}: StripeOptions): Promise<Stripe> {
  const { default: StripeSdk } = await import('stripe');
  const { hostname, port, protocol, pathname } = new URL(apiUrl);
  const basePath = pathname.replace(/\/+$/, '');
  const agent = new Agent({ keepAlive: true, proxyEnv: proxyEnvironment(proxy) });
  return new StripeSdk(apiKey, {
    host: hostname,
    port: port || (protocol === 'https:' ? 443 : 80),
    protocol: protocol === 'https:' ? 'https' : 'http',
    maxNetworkRetries: 0,
    timeout: timeoutMs,
    telemetry: false,
    ...(instance !== undefined && { appInfo: { name: 'ghostifi-provisioning', url: instance } }),
    httpClient: observed(
      observe,
      below(basePath, httpClient ?? StripeSdk.createNodeHttpClient(protocol === 'https:' ? agent : undefined)),
    ),
  });
}

/** Sends each request below a base path, which the SDK has no setting for. */
function below(basePath: string, inner: HttpClient): HttpClient {
  return {
    getClientName: () => inner.getClientName(),
    makeRequest: (...request) => {
      const [host, port, path, ...rest] = request;
      return inner.makeRequest(host, port, basePath + path, ...rest);
    },
  };
}

/** The SDK's paths begin with `/v1`, and may have a query. */
function observed(observe: ObserveCall, inner: HttpClient): HttpClient {
  return {
    getClientName: () => inner.getClientName(),
    makeRequest: (...request) => {
      const [, , path, method] = request;
      const operation = operationOf(method, path.replace(/^\/v\d+|\?.*$/g, ''));
      return observeCall({ service: 'stripe', operation, observe }, async () => {
        const answer = await inner.makeRequest(...request);
        return { answer, status: answer.getStatusCode() };
      });
    },
  };
}
