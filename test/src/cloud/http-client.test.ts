import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { insideTransaction } from '#db/transaction-guard.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { type CloudHttpOptions, cloudHttp } from '#src/cloud/http-client.ts';
import { json, oddServer } from './odd-server.ts';

const key = 'very-secret-key-0123456789';
const vpnKey = Buffer.alloc(32, 0x5a).toString('base64');
const never = new AbortController().signal;
const read = { method: 'GET', path: '/things', answer: z.object({ id: z.string() }), signal: never } as const;
const create = { ...read, method: 'POST', body: { name: 'x' }, creates: true } as const;

function client(apiUrl: string, options: Partial<CloudHttpOptions> = {}) {
  const errorMessageIn = (body: unknown) => z.object({ error: z.string() }).safeParse(body).data?.error ?? null;
  return cloudHttp({
    provider: 'cloud',
    apiUrl,
    apiKey: key,
    errorMessageIn,
    meaningOf: () => null,
    ...options,
  });
}

async function faultOf(call: Promise<unknown>): Promise<ProviderError> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ProviderError)) throw new Error(`Expected a ProviderError, got ${inspect(error)}`);
  return error;
}

describe('the HTTP client of clouds', () => {
  it('sends the key, the body and the caller, and keeps only the requested fields of the answer', async () => {
    const server = await oddServer((_request, response) => json(response, 200, { id: 'a', default_password: 'p' }));
    const http = client(server.url, { instance: 'worker 1\n' });
    expect(await http(create)).toEqual({ id: 'a' });
    const headers = server.requests[0]?.headers;
    expect(headers).toMatchObject({ authorization: `Bearer ${key}`, 'content-type': 'application/json' });
    expect(headers?.['user-agent']).toBe('ghostifi-provisioning (worker_1_)');
  });

  it('refuses to follow a redirect', async () => {
    const server = await oddServer((_request, response) => json(response, 307, {}, { location: '/elsewhere' }));
    expect((await faultOf(client(server.url)(read))).fault).toBe('rejected');
    expect((await faultOf(client(server.url)(create))).fault).toBe('unknown');
    expect(server.asked).toEqual(['GET /things', 'POST /things']);
  });

  it.each([
    [401, {}, true],
    [402, '<html>', true],
    [403, {}, true],
    [429, '<html>', true],
    [422, { error: 'no such plan' }, true],
    [422, '<html>', false],
    [404, {}, false],
    [408, { error: 'too slow' }, false],
    [500, { error: 'oops' }, false],
    [307, { error: 'elsewhere' }, false],
  ])('a create that gets %i with %j surely made nothing: %s', async (status, body, madeNothing) => {
    const server = await oddServer((_request, response) => json(response, status, body));
    expect(await faultOf(client(server.url)(create))).toMatchObject({ madeNothing });
  });

  it('what a message means decides whether something may have been made', async () => {
    const server = await oddServer((_request, response) => json(response, 500, { error: 'x' }));
    const soldOut = client(server.url, { meaningOf: () => 'capacity' });
    expect(await faultOf(soldOut(create))).toMatchObject({ fault: 'capacity', madeNothing: true });
    const taken = await oddServer((_request, response) => json(response, 409, { error: 'x' }));
    const adopted = client(taken.url, { meaningOf: () => 'name-taken' });
    expect(await faultOf(adopted(create))).toMatchObject({ fault: 'name-taken', madeNothing: false });
  });

  it('a connection that never opened made nothing, and one that was lost may have', async () => {
    const gone = await oddServer(() => undefined);
    await gone.close();
    expect(await faultOf(client(gone.url)(create))).toMatchObject({ fault: 'unavailable', madeNothing: true });
    const lost = await oddServer((_request, response) => response.socket?.destroy());
    expect(await faultOf(client(lost.url)(create))).toMatchObject({ fault: 'unknown', madeNothing: false });
  });

  const badAnswers = {
    'a closed connection': (response: ServerResponse) => response.socket?.destroy(),
    'half a body': (response: ServerResponse) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"id":', () => response.socket?.destroy());
    },
    'a page instead of JSON': (response: ServerResponse) => response.writeHead(200).end('<html>'),
    'a 502': (response: ServerResponse) => response.writeHead(502).end('<html>'),
    'a 408': (response: ServerResponse) => json(response, 408, { error: 'too slow' }),
    'an endless body': (response: ServerResponse) => {
      const more = () => response.writable && response.write('x'.repeat(1_000_000), more);
      more();
    },
    silence: () => undefined,
  };

  it.each(Object.entries(badAnswers))(
    'counts %s as an outage, or as unknown for a create, and calls once',
    async (_name, bad) => {
      const server = await oddServer((_request, response) => void bad(response));
      const http = client(server.url, { deadlineMs: bad === badAnswers.silence ? 500 : 5000 });
      expect((await faultOf(http(read))).fault).toBe('unavailable');
      expect((await faultOf(http(create))).fault).toBe('unknown');
      expect(server.asked).toHaveLength(2);
    },
  );

  it('stops reading a body that does not end, long before its deadline', async () => {
    const server = await oddServer((_request, response) => void badAnswers['an endless body'](response));
    await expect(client(server.url)(read)).rejects.toThrow('the response is larger than 8388608 bytes');
  });

  it('counts JSON of another shape as rejected, or as unknown for a create', async () => {
    const server = await oddServer((_request, response) => json(response, 200, { id: 7 }));
    expect((await faultOf(client(server.url)(read))).fault).toBe('rejected');
    expect((await faultOf(client(server.url)(create))).fault).toBe('unknown');
  });

  it('counts a create that could not connect as unavailable, because it had no effect', async () => {
    const gone = await oddServer(() => undefined);
    await gone.close();
    expect((await faultOf(client(gone.url)(create))).fault).toBe('unavailable');
  });

  it('reads Retry-After as seconds and as a date', async () => {
    const now = () => new Date('2026-01-01T00:00:00Z');
    const headers = ['7', 'Thu, 01 Jan 2026 00:01:00 GMT'];
    const server = await oddServer((_request, response) => {
      json(response, 429, { error: 'slower' }, { 'retry-after': headers.shift() ?? '' });
    });
    const http = client(server.url, { now });
    expect(await faultOf(http(read))).toMatchObject({ fault: 'rate-limited', retryAfterMs: 7000 });
    expect(await faultOf(http(create))).toMatchObject({ fault: 'rate-limited', retryAfterMs: 60_000 });
    expect(await faultOf(http(read))).toMatchObject({ fault: 'rate-limited', retryAfterMs: null });
  });

  it('ends an aborted read with the reason of the signal', async () => {
    const server = await oddServer(() => undefined);
    const abort = new AbortController();
    const call = client(server.url)({ ...read, signal: abort.signal });
    const reason = new Error('shutting down');
    call.catch(() => undefined);
    await vi.waitFor(() => expect(server.asked).toHaveLength(1));
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
  });

  it('completes a create that has begun despite an abort', async () => {
    const pending: (() => void)[] = [];
    const server = await oddServer(
      (_request, response) => void pending.push(() => json(response, 202, { id: 'made' })),
    );
    const abort = new AbortController();
    const call = client(server.url)({ ...create, signal: abort.signal });
    await vi.waitFor(() => expect(pending).toHaveLength(1));
    abort.abort(new Error('shutting down'));
    pending[0]?.();
    expect(await call).toEqual({ id: 'made' });
  });

  it.each([read, create])('makes no call after the signal is aborted ($method)', async (call) => {
    const server = await oddServer((_request, response) => json(response, 200, { id: 'a' }));
    const reason = new Error('too late');
    await expect(client(server.url)({ ...call, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.asked).toEqual([]);
  });

  it('makes no call inside a transaction', async () => {
    const server = await oddServer((_request, response) => json(response, 200, { id: 'a' }));
    const call = insideTransaction('settle', () => client(server.url)(read));
    await expect(call).rejects.toThrow('provider call inside the transaction settle');
    expect(server.asked).toEqual([]);
  });
});

describe('an error of the HTTP client', () => {
  it('quotes the provider in one short line, without the key', async () => {
    const message = `Token ${key}\nor ${encodeURIComponent(key)} is bad. ${'More. '.repeat(200)}`;
    const server = await oddServer((_request, response) => json(response, 403, { error: message }));
    const error = await faultOf(client(server.url)(read));
    expect(error.message).toContain('"Token [secret] or [secret] is bad. More.');
    expect(error.message.length).toBeLessThan(400);
    expect(inspect(error, { depth: 9 })).not.toContain(key);
  });

  it.each([400, 200])('contains no VPN key that an answer with status %i repeats', async (status) => {
    const body = status === 200 ? { id: { [vpnKey]: vpnKey } } : { error: `user_data: PrivateKey = ${vpnKey}` };
    const server = await oddServer((_request, response) => json(response, status, body));
    const answer = z.object({ id: z.strictObject({}) });
    for (const call of [read, create]) {
      const error = await faultOf(client(server.url)({ ...call, answer }));
      expect(inspect(error, { depth: 9 })).not.toContain(vpnKey);
    }
  });

  it('never contains part of a key at the end of a shortened quote', async () => {
    const server = await oddServer((_request, response) => json(response, 400, { error: `${'x'.repeat(290)}${key}` }));
    const error = await faultOf(client(server.url)(read));
    expect(error.message).not.toContain(key.slice(0, 5));
  });

  it.each([200, 400, 500])('contains no password from an invalid answer with status %i', async (status) => {
    const body = { instance: { default_password: 'hunter2', kvm: 'hunter2' }, error: ['hunter2'] };
    const server = await oddServer((_request, response) => json(response, status, body));
    const error = await faultOf(client(server.url)(create));
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2');
  });

  it('contains no key if fetch itself fails', async () => {
    const fetch = () => Promise.reject(new TypeError(`"Bearer ${key}" is no header value, nor is ${vpnKey}.`));
    const error = inspect(await faultOf(client('http://127.0.0.1:1', { fetch })(read)), { depth: 9 });
    for (const secret of [key, vpnKey]) expect(error).not.toContain(secret);
  });

  it.each(['', 'two words', 'line\nfeed', 'schlüssel'])(
    'is thrown at once for the impossible key %j, and does not contain it',
    (apiKey) => {
      expect(() => client('http://127.0.0.1:1', { apiKey })).toThrow(
        new Error(
          'The API key of cloud is empty, or contains a space or another character that a header cannot carry.',
        ),
      );
    },
  );
});
