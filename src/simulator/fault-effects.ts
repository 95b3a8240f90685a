import type { Clock } from './clock.ts';
import type { Answer, Call, Dialect, Subject } from './dialect.ts';
import type { FaultRule } from './fault-rule.ts';
import { killCaller } from './kill-caller.ts';
import type { Point } from './point.ts';

/** The effect of a fault on the call. At each point only the first effect other than `go-on` counts. */
export type Effect =
  | { readonly do: 'go-on' }
  | { readonly do: 'lose' | 'hang' }
  | { readonly do: 'send-half' }
  | { readonly do: 'answer'; readonly answer: Answer };

export interface FaultContext {
  readonly call: Call;
  /** As it was when the call arrived, since a removed machine has no name to match. */
  readonly subject: Subject;
  readonly dialect: Dialect;
  readonly clock: Clock;
  /** The status of the response without the fault; 200 before the operation. */
  readonly status: number;
}

const goOn: Effect = { do: 'go-on' };

export function pointOf(rule: FaultRule): Point {
  switch (rule.kind) {
    case 'status':
    case 'lost':
    case 'slow':
    case 'hang':
      return rule.when === 'before' ? 'arrived' : 'acted';
    case 'late-list':
    case 'boot':
    case 'no-address':
    case 'vpn':
    case 'locked':
      return 'arrived';
    case 'garbage':
      return 'acted';
    case 'half-body':
      return 'answered';
    case 'kill':
      return rule.when;
  }
}

export async function effectOf(rule: FaultRule, { call, dialect, clock, status }: FaultContext): Promise<Effect> {
  switch (rule.kind) {
    case 'status':
      return { do: 'answer', answer: statusAnswer(rule, dialect, clock) };
    case 'lost':
      return { do: 'lose' };
    case 'slow':
      await clock.wait(rule.ms);
      return goOn;
    case 'hang':
      return { do: 'hang' };
    case 'late-list':
      call.hints.listDelayMs = rule.ms;
      return goOn;
    case 'boot':
      call.hints.bootMs = rule.ms;
      return goOn;
    case 'no-address':
      call.hints.noAddress = true;
      return goOn;
    case 'vpn':
      call.hints.vpnMs = rule.ms;
      return goOn;
    case 'locked':
      return { do: 'answer', answer: dialect.locked() };
    case 'garbage':
      return { do: 'answer', answer: { status, body: '<html><body>Bad gate' } };
    case 'half-body':
      return { do: 'send-half' };
    case 'kill':
      return kill(rule, call);
  }
}

function kill({ when, ms }: FaultRule & { kind: 'kill' }, { client }: Call): Effect {
  if (when !== 'answered') {
    killCaller(client);
    return { do: 'lose' };
  }
  setTimeout(killCaller, ms, client);
  return goOn;
}

function statusAnswer(rule: FaultRule & { kind: 'status' }, dialect: Dialect, clock: Clock): Answer {
  const { status, error, body, retryAfter, headers } = rule;
  const answer = body === undefined ? dialect.errorAnswer(status, error) : { status, body };
  const wait = retryAfter === undefined ? {} : { 'retry-after': retryAfterHeader(retryAfter, clock) };
  return { ...answer, headers: { ...wait, ...headers } };
}

function retryAfterHeader({ seconds, as }: { seconds: number; as: 'seconds' | 'date' }, clock: Clock): string {
  return as === 'seconds' ? String(seconds) : new Date(clock.now() + seconds * 1000).toUTCString();
}
