import type { CallLog } from './call-log.ts';
import type { Clock } from './clock.ts';
import type { Answer, Call, Dialect, Route } from './dialect.ts';
import type { Effect, FaultContext } from './fault-effects.ts';
import type { Faults } from './faults.ts';
import type { Machine } from './machine.ts';
import type { Point } from './point.ts';
import type { Workload } from './workload.ts';

/** Everything that the calls of all dialects share. */
export interface Pipeline {
  readonly clock: Clock;
  readonly calls: CallLog;
  readonly faults: Faults;
  readonly workload: Workload;
}

/** The API and the route that a call was sent to. */
interface Target {
  readonly dialect: Dialect;
  readonly route: Route;
}

/** How the call ends: with a response, half of it, a closed connection, or a connection that stays open. */
export type Delivery =
  | { readonly do: 'lose' | 'hang' }
  | { readonly do: 'answer' | 'send-half'; readonly answer: Answer };

/**
 * Handles one call: arrived → acted → answered. Faults are injected at each of these points. The call continues if the
 * caller closes the connection, as at a real provider.
 */
export async function handle(pipeline: Pipeline, { dialect, route }: Target, call: Call): Promise<Delivery> {
  const subject = dialect.subjectOf(call);
  pipeline.calls.note(call.seq, subject);
  const unauthorized = dialect.unauthorized(call);
  if (unauthorized !== null) return { do: 'answer', answer: unauthorized };
  if (route.operation === 'create') pipeline.workload.begin(call.seq, call.client);
  try {
    return await actWithFaults(pipeline, { dialect, route }, { call, subject });
  } finally {
    pipeline.workload.end(call.seq);
  }
}

/** A call, and the machine or record that it is about. */
type CallWithSubject = Pick<FaultContext, 'call' | 'subject'>;

async function actWithFaults(pipeline: Pipeline, target: Target, received: CallWithSubject): Promise<Delivery> {
  const { call } = received;
  const inject = injector(pipeline, target.dialect, received);
  const arrived = await inject('arrived', 200);
  if (arrived.do !== 'go-on' && arrived.do !== 'answer') return finish(arrived, { status: 200 });
  const answer = arrived.do === 'answer' ? arrived.answer : await act(pipeline, target, call);
  const acted = arrived.do === 'answer' ? arrived : await inject('acted', answer.status);
  const afterOperation = finish(acted, answer);
  if (afterOperation.do !== 'answer') return afterOperation;
  return finish(await inject('answered', afterOperation.answer.status), afterOperation.answer);
}

function injector(pipeline: Pipeline, dialect: Dialect, received: CallWithSubject) {
  const injected: string[] = [];
  return (point: Point, status: number): Promise<Effect> => {
    const context: FaultContext = { ...received, dialect, clock: pipeline.clock, status };
    return pipeline.faults.inject(point, context, (fault) => {
      injected.push(fault.kind);
      pipeline.calls.note(received.call.seq, { faults: [...injected] });
    });
  };
}

function finish(effect: Effect, answer: Answer): Delivery {
  if (effect.do === 'go-on') return { do: 'answer', answer };
  if (effect.do === 'send-half') return { do: 'send-half', answer };
  return effect;
}

async function act(pipeline: Pipeline, { dialect, route }: Target, call: Call): Promise<Answer> {
  const made = (machine: Machine) => {
    pipeline.workload.end(call.seq);
    pipeline.calls.note(call.seq, { machineId: machine.id });
  };
  try {
    return await route.act(call, made);
  } catch (error) {
    return dialect.errorAnswer(500, error instanceof Error ? error.message : String(error));
  }
}
