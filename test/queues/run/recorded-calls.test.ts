import { expect, test } from 'vitest';
import { DnsError } from '#queues/ports/dns.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { createCallRecords } from '#queues/run/call-records.ts';
import { recordedProvider } from '#queues/run/recorded-calls.ts';
import { destroy, rebuild } from '../../db/conformance/fixture.ts';
import { fakeProvider } from '../../fakes/provider.ts';
import { useWorkplace } from '../workplace.ts';

const place = useWorkplace({ names: true });

const callsOf = async (jobId: string) =>
  (await place.store.readWhy({ kind: 'job', value: jobId }))?.chain.flatMap(({ event, calls }) =>
    event.jobId === jobId
      ? calls.map(({ n, service, operation, target, outcome }) => [n, service, operation, target, outcome])
      : [],
  );

test('a settle writes what the job changed at the cloud and in the DNS, and the first answer', async () => {
  const { server, job } = await place.running();
  expect(await callsOf(job.id)).toEqual([
    [1, 'simulator', 'create', 'vps-1', 'ok'],
    [2, 'vpn', 'answer', '192.0.2.1', 'ok'],
    [3, 'simulator', 'forget-user-data', 'vps-1', 'ok'],
    [4, 'fake', 'point', server.hostname, 'ok'],
  ]);
  const { job: destruction } = await destroy(place.store, server.id);
  await place.perform(destruction.id);
  expect(await callsOf(destruction.id)).toEqual([
    [1, 'fake', 'clear', server.hostname, 'ok'],
    [2, 'simulator', 'remove', 'vps-1', 'ok'],
  ]);
});

test('the attempts that failed are there too, with the words of the cloud and the DNS', async () => {
  const { job } = await place.bought();
  place.provider.fail('create', new ProviderError('rejected', 'The name is too long.'));
  expect(await place.perform(job.id)).toMatchObject({ kind: 'retry' });
  place.dns.fail('point', new DnsError('unavailable', 'No answer.'));
  expect(await place.perform(job.id, { attemptsMade: 1, attemptsStarted: 2 })).toMatchObject({ kind: 'delayed' });
  place.dns.heal();
  await place.perform(job.id, { attemptsMade: 1, attemptsStarted: 3 });
  const why = await place.store.readWhy({ kind: 'job', value: job.id });
  const calls = why?.chain.at(-1)?.calls ?? [];
  expect(calls[0]).toMatchObject({ operation: 'create', outcome: 'rejected', message: 'The name is too long.' });
  expect(calls.filter(({ operation }) => operation === 'point')).toMatchObject([
    { outcome: 'unavailable', message: 'No answer.' },
    { outcome: 'ok', message: '192.0.2.1' },
  ]);
});

test('an error of another kind is recorded without its message, which may have a secret', async () => {
  const { job } = await place.bought();
  place.provider.fail('create', new TypeError('PrivateKey = abc'));
  await place.perform(job.id);
  expect(place.deps.callRecords.of(job.id)).toMatchObject([{ outcome: 'error', message: 'TypeError' }]);
});

test('a call that changes nothing is not recorded, and a closed job is forgotten', async () => {
  const { server } = await place.running();
  place.dns.set(server.hostname, []);
  const { job } = await rebuild(place.store, server.id);
  place.dns.set(server.hostname, ['192.0.2.2']);
  await place.perform(job.id);
  expect((await callsOf(job.id))?.map(([, , operation]) => operation)).toEqual([
    'create',
    'answer',
    'forget-user-data',
  ]);
  expect(place.deps.callRecords.of(job.id)).toEqual([]);
});

test("the deletion of a server's tag is recorded, also one that failed", async () => {
  const owner = { installation: 'test', serverId: 'srv-1' };
  const { signal } = new AbortController();
  const ends = [Promise.resolve(), Promise.reject(new ProviderError('not-allowed', 'No scope.'))];
  const records = createCallRecords();
  const recorder = { add: records.add.bind(null, 'job-1'), now: () => new Date(0) };
  const { forgetOwner } = recordedProvider(
    { ...fakeProvider(), forgetOwner: () => ends.shift() ?? expect.unreachable() },
    recorder,
  );
  await forgetOwner?.(owner, signal);
  await expect(forgetOwner?.(owner, signal)).rejects.toThrow('No scope.');
  expect(records.of('job-1')).toMatchObject([
    { service: 'simulator', operation: 'forget-owner', target: 'srv-1', outcome: 'ok' },
    { service: 'simulator', operation: 'forget-owner', target: 'srv-1', outcome: 'not-allowed', message: 'No scope.' },
  ]);
  expect(recordedProvider(fakeProvider(), recorder).forgetOwner).toBeNull();
});

test('of many calls the first and the last 20 are kept, with their numbers', () => {
  const records = createCallRecords();
  const call = { at: new Date(0), service: 'simulator', operation: 'remove', target: 'vps-1' } as const;
  for (let n = 0; n < 100; n++) records.add('job-1', { ...call, outcome: 'busy', ms: 1, message: null });
  const numbers = records.of('job-1').map(({ n }) => n);
  expect(numbers).toHaveLength(40);
  expect([numbers[0], numbers[19], numbers[20], numbers[39]]).toEqual([1, 20, 81, 100]);
  for (let n = 0; n < 10_000; n++) records.add(`other-${n}`, { ...call, outcome: 'ok', ms: 1, message: null });
  expect(records.of('job-1')).toEqual([]);
  expect(records.of('other-9999')).toHaveLength(1);
});
