import { afterEach, describe, expect, test, vi } from 'vitest';
import { makeMachine } from '#queues/jobs/steps/make-machine.ts';
import { RunAborted } from '#queues/ports/job-errors.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { fakeProvider } from '../../../fakes/provider.ts';
import { fakeVpn } from '../../../fakes/vpn.ts';
import { scene } from '../scene.ts';

afterEach(() => void vi.useRealTimers());

const unavailable = () => new ProviderError('unavailable', 'The cloud is away.');

describe('deleting the user data that holds the keys', () => {
  const made = async (failure: ProviderError, times: number) => {
    const provider = fakeProvider();
    provider.fail('forgetUserData', failure, { times });
    const context = scene(provider, { vpn: fakeVpn() });
    expect((await makeMachine(context)).providerId).toBe('vps-1');
    return { provider, context };
  };

  test('happens once the machine answers, after a checkpoint', async () => {
    const provider = fakeProvider();
    const context = scene(provider, { vpn: fakeVpn() });
    await makeMachine(context);
    expect(provider.userDataOf('vps-1')).toBeUndefined();
    expect(context.checkpoints()).toBe(2);
    expect(context.warnings).toEqual([]);
  });

  test('is repeated after a failure', async () => {
    const { provider, context } = await made(unavailable(), 2);
    expect(provider.userDataOf('vps-1')).toBeUndefined();
    expect(context.warnings).toEqual([]);
  });

  test('that fails for good does not fail the job, and warns the operators', async () => {
    const { provider, context } = await made(unavailable(), 99);
    expect(provider.count('forgetUserData')).toBe(3);
    expect(context.warnings).toEqual([
      'simulator may still have the VPN keys in the user data of machine vps-1: The cloud is away.',
    ]);
  });

  test('that is not allowed warns at once, without a long wait', async () => {
    expect((await made(new ProviderError('not-allowed', 'No.'), 99)).provider.count('forgetUserData')).toBe(1);
    const limited = new ProviderError('rate-limited', 'Slow down.', { retryAfterMs: 3_600_000 });
    expect((await made(limited, 99)).context.waited()).toBeLessThan(120_000);
  });

  test('that is rate-limited to the end waits for Retry-After before the next call', async () => {
    const limited = new ProviderError('rate-limited', 'Slow down.', { retryAfterMs: 8_000 });
    const waited = async (times: number) => (await made(limited, times)).context.waited();
    expect((await waited(99)) - (await waited(0))).toBe(24_000);
  });

  test('stops with the run', async () => {
    const provider = fakeProvider();
    let passed = 0;
    const checkpoint = async () => {
      passed += 1;
      if (passed === 2) throw new RunAborted('lock-lost');
    };
    await expect(makeMachine(scene(provider, { vpn: fakeVpn(), checkpoint }))).rejects.toThrow(RunAborted);
    expect(provider.count('forgetUserData')).toBe(0);
  });
});
